"""What `try_faults.py` disturbs, by what, and what must hold afterwards."""
