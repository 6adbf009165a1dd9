"""Mutants of the models' SQL: small wrong changes that a unit test should notice."""
