"""The rights of respondents: erasure, and what is held of one person."""
