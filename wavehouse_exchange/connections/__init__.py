"""What lets BI tools open the public tables so that no chart can misread them."""
