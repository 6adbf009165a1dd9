"""Whether suppressed figures can be computed from published ones, and what is done then."""
