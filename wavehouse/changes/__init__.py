"""What a change does to published numbers, before it is merged."""
