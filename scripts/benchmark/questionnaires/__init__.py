"""Two rounds of a made-up survey whose question numbers move, with a key of what became of each.

They measure how well columns are matched, on files that no threshold was set on:

    from benchmark.questionnaires import write_rounds   # with scripts/ on the path
    key = write_rounds(folder, "fr", seed=1)            # or "es", "en"

writes `round_1.sav`, `round_2.sav` and `key.csv` into the folder, and `python -m
benchmark.questionnaires FOLDER fr 1` does the same. What is asked is in the YAML files here, in
three languages; `texts.py` reads it, `changes.py` makes the second round, `rounds.py` the files.
"""

from benchmark.questionnaires.rounds import Match, write_rounds

__all__ = ["Match", "write_rounds"]
