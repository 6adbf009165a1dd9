"""Measure what estimates cost: this warehouse, beside other ways to the same numbers."""
