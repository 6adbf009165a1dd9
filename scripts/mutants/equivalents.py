"""Mutants that a person has found to be equivalent, each with the reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutants.statements import Key
from mutants.trials import Outcome, Verdict
from wavehouse.yaml_files import read_yaml


class BadListError(Exception):
    """The list is not as it should be; the message says where."""


@dataclass(frozen=True)
class Equivalent:
    """An entry: a mutant that gives the same rows whatever is in the tables.

    Attributes:
        model: the model's name.
        key: what the mutant is known by.
        reason: why nothing can tell it from the model.
    """

    model: str
    key: Key
    reason: str


def read_equivalents(path: Path) -> list[Equivalent]:
    """Read the list, model by model.

    Raises:
        BadListError: an entry lacks something, or is there twice.
    """
    listed: dict[tuple[str, Key], Equivalent] = {}
    for model, entries in (read_yaml(path) or {}).items():
        for entry in entries:
            wrong = {"in", "kind", "before", "reason"} - entry.keys()
            unknown = entry.keys() - {"in", "kind", "before", "after", "nth", "reason"}
            if wrong or unknown or not str(entry["reason"]).strip():
                raise BadListError(
                    f"{path}: {model}: an entry has in, kind, before, reason, and where needed "
                    f"after and nth. This one has {', '.join(entry)}."
                )
            key = Key(
                entry["in"],
                entry["kind"],
                str(entry["before"]),
                str(entry.get("after", "")),
                entry.get("nth", 1),
            )
            if (model, key) in listed:
                raise BadListError(f"{path}: {model}: the same entry twice: {key.told}.")
            listed[model, key] = Equivalent(model, key, entry["reason"])
    return list(listed.values())


def stale(
    listed: Iterable[Equivalent], models: Iterable[str], made: Sequence[Verdict], tried_all: bool
) -> list[str]:
    """Give what is wrong with entries of some models: no such mutant, or a test kills it.

    Args:
        listed: all entries.
        models: the models of which mutants were made.
        made: the mutants that were tried.
        tried_all: whether all mutants of these models were tried, and not a sample.
    """
    outcomes = {(verdict.model.name, verdict.key): verdict.outcome for verdict in made}
    problems = []
    for entry in listed:
        if entry.model not in models:
            continue
        outcome = outcomes.get((entry.model, entry.key))
        if outcome is None and tried_all:
            problems.append(f"{entry.model}: no such mutant any more: {entry.key.told}")
        elif outcome not in (None, Outcome.SURVIVED):
            problems.append(f"{entry.model}: not equivalent, it is {outcome}: {entry.key.told}")
    return problems
