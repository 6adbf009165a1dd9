"""What the warehouse publishes, written in the standards of archives and statistical offices."""
