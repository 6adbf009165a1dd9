"""Wavehouse: the commands around the dbt project (generate, check, build, publish, docs, postgres).

Modules are imported only by the command that needs them, so that a run with nothing to do is quick.
"""

__version__ = "0.1.0"
