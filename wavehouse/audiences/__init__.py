"""Who may read what of a release: rules of the codebook, a file for each audience, keys."""
