"""Pages to browse the dictionary and the trends: a static site made from the published tables."""
