"""Read delivered files of many formats, and land them as Parquet."""
