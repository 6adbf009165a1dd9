"""Files that repeat the codebook are generated; `wavehouse generate --check` finds stale ones.

`files` writes and compares them, `generators` lists who makes what. To generate one more kind of
file, write a module with a function from an inspection to texts, and add it to GENERATORS.
"""

from wavehouse.generate.files import check_generated, compare, generate

__all__ = ["check_generated", "compare", "generate"]
