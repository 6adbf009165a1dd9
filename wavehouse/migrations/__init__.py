"""Bring what is kept (the codebook's tables, a database) to the form that this version reads.

| state    | where it is                      | where its version is               | migrations   |
|----------|----------------------------------|------------------------------------|--------------|
| codebook | `seeds/codebook`                 | `migrations.json` in that folder   | `codebook/`  |
| database | PostgreSQL, or a DuckDB file     | table `wavehouse.migrations` in it | `database/`  |

A migration is a module `m<number>_<name>.py` that changes one state, forward only. What has been
released is never edited: a state remembers the checksum of each migration that was applied to it.
"""
