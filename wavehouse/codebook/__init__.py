"""The codebook and the waves as files: read, checked, named."""
