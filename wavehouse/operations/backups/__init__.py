"""Backups by restic, restores and drills."""
