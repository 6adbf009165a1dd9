"""The kinds of error that a user is meant to read."""

from collections.abc import Sequence


class WavehouseError(Exception):
    """Something the user can fix; the command line prints its text and exits with 1."""


class NotGivenError(WavehouseError):
    """What is asked for may be there, and is not given to whoever asks."""


class ProblemsError(WavehouseError):
    """Several problems of one run, listed together so that none is found only on the next run."""

    def __init__(self, title: str, problems: Sequence[str]) -> None:
        """Keep the problems, and make one text of them.

        Args:
            title: one line that says what is wrong as a whole, and what was not done because of it.
            problems: one text for each problem, with its remedy.
        """
        self.problems = list(problems)
        super().__init__("\n".join([title, *(f"  - {problem}" for problem in self.problems)]))
