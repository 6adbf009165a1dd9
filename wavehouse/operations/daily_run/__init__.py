"""`wavehouse run`: what is taken from the inbox, and all that a day needs."""
