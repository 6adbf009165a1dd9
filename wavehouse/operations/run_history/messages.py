"""How a run ended, in a status and in words that may be kept: none of them is an answer of people.

A problem of a delivered file names cells, and an error of a library may quote a value that it met,
so of these only the kind is kept; the output of the command had the rest.
"""

import signal

from wavehouse.errors import ProblemsError, WavehouseError

FAILED, STOPPED = "failed", "stopped"
LONGEST = 600


def ending_of(error: BaseException) -> tuple[str, str]:
    """Give the status and the message of a run that an error ended."""
    if isinstance(error, KeyboardInterrupt | GeneratorExit):
        return STOPPED, "Interrupted by the user."
    if isinstance(error, SystemExit):
        name = _signal_of(error.code)
        return (STOPPED, f"Stopped by {name}.") if name else (FAILED, _code(error.code))
    return FAILED, _message(error)


def _message(error: BaseException) -> str:
    if isinstance(error, ProblemsError):
        n_problems = len(error.problems)
        counted = "1 problem" if n_problems == 1 else f"{n_problems} problems"
        return short(f"{str(error).splitlines()[0]} {counted}; the output of the command has them.")
    if isinstance(error, WavehouseError):
        # In a record, nothing stands above.
        return short(str(error).split("\n  - ")[0].replace("; see the messages above", ""))
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if error.filename else ""
        return short(f"{named}{error.strerror}")
    kind = type(error)
    return (
        f"{kind.__module__}.{kind.__qualname__}: an error that is not expected. "
        "The output of the command has it in full."
    )


def short(text: str, longest: int = LONGEST) -> str:
    """Make one line of a text, with so many letters at the most."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _signal_of(code: object) -> str | None:
    """Name the signal that an exit code tells of, which is 128 and its number."""
    try:
        return signal.Signals(int(str(code)) - 128).name
    except ValueError:
        return None


def _code(code: object) -> str:
    return short(code) if isinstance(code, str) else f"Ended with exit code {code}."
