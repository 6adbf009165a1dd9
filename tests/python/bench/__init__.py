"""Models that put given inputs through macros, and what has to come out.

The SQL files are copied into the project's `models/bench`, so that one build makes them along with
everything else, on each engine. Their inputs are dbt variables, which `cases.py` gives.
"""
