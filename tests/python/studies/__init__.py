"""Studies for tests only: other designs for the real ones, made-up ones, odd names and codes."""
