"""The engines that the project builds on besides DuckDB, and how they are compared with it.

engine.py      what an engine must be able to do to be tried, and which ones there are
trial.py       `wavehouse engine NAME`: build on DuckDB and there, compare, say what came out
comparing.py   two sets of tables, value by value
building.py    one of the two builds, in a process of its own
lake.py        DuckLake, as a target like others
"""
