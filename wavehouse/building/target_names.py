"""The targets of profiles.yml."""

DUCKDB, POSTGRES, DUCKLAKE = "duckdb", "postgres", "ducklake"
TARGETS = (DUCKDB, POSTGRES, DUCKLAKE)
# Those whose releases can be published, served and compared with.
SERVED_TARGETS = (DUCKDB, POSTGRES)
