"""Migrations of databases: each module has `migrate(execute)`, where `execute` runs a statement."""
