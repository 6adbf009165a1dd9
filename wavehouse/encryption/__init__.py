"""Encryption at rest: the key, the files that are opened with it, and turning it on and off."""
