"""Migrations of the codebook's tables: each module has `migrate(tables)`."""
