"""From files to a working database: what is stale, dbt, the engines."""
