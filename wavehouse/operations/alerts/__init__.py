"""Who is told of findings, once."""
