"""Change the models' SQL in small wrong ways, and say which changes no unit test notices.

dbt runs the unit tests once, on a copy of what `make` has built. Then each changed statement runs
in memory with the tests' inputs, and must give other rows than those expected, an error, or nothing
in time. What macros write is left to their own tests, unless --macros asks for it.

Mutants that are equivalent, whatever is in the tables, are listed with the reason in
scripts/mutants/equivalent.yml. An entry whose mutant is not made any more, or killed, is an error.

Prints the survivors (file, line, what was changed) and the share that was killed, by room and
overall. Ends with 1 if less than --at-least is killed, an entry is stale, or nothing could be
tried.
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mutants.equivalents import BadListError, read_equivalents, stale  # noqa: E402
from mutants.trials import Outcome, Verdict, mutants_of, try_mutants  # noqa: E402
from mutants.unit_tests import CannotRunError, Model, read_models, run_unit_tests  # noqa: E402


def main(words: Sequence[str] | None = None) -> int:
    """Make mutants, try them, and print what became of them."""
    options = _parser().parse_args(words)
    target = (options.target or options.project / "target" / "mutants").resolve()
    try:
        equivalents = read_equivalents(options.equivalent)
        if not options.as_run:
            run_unit_tests(options.project, target, options.untested)
        models = [
            model
            for model in read_models(target)
            if model.matches(options.select)
            and not model.is_generated
            and (model.tests or (options.untested and model.compiled))
        ]
        if not models:
            raise CannotRunError("No such model, or none with a unit test.")
        verdicts = _try(models, options)
    except (BadListError, CannotRunError) as error:
        print(error, file=sys.stderr)
        return 1
    wrong = stale(
        equivalents, {model.name for model in models}, verdicts, tried_all=not options.sample
    )
    known = {(entry.model, entry.key) for entry in equivalents}
    rate = _report([each for each in verdicts if (each.model.name, each.key) not in known])
    for problem in wrong:
        print(f"{options.equivalent.name}: {problem}", file=sys.stderr)
    if rate < options.at_least:
        print(f"{rate:.1f} % are killed, at least {options.at_least:g} should be.", file=sys.stderr)
    return int(bool(wrong) or rate < options.at_least)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--select", nargs="+", default=[], help="models or folders; all with unit tests by default")
    add("--sample", type=int, help="try only so many, drawn at random")
    add("--seed", type=int, default=1, help="which sample is drawn")
    add("--at-least", type=float, default=0, help="fail if a smaller percentage is killed")
    add("--seconds", type=float, default=10, help="a mutant that takes longer is killed")
    add("--processes", type=int, default=1, help="how many models are tried at a time")
    add("--macros", action="store_true", help="change what macros write too")
    add("--untested", action="store_true", help="count mutants of models without unit tests too")
    add("--as-run", action="store_true", help="take the unit tests as dbt ran them last time")
    add("--project", type=Path, default=ROOT, help="the project's folder")
    add("--target", type=Path, help="where dbt writes; target/mutants by default")
    add("--equivalent", type=Path, default=ROOT / "scripts/mutants/equivalent.yml")
    return parser


def _try(models: Sequence[Model], options: argparse.Namespace) -> list[Verdict]:
    """Try the mutants of models, in the order of models and of their text."""
    chosen = None
    if options.sample:
        keys = [(model.name, key) for model in models for key in mutants_of(model, options.macros)]
        drawn = random.Random(options.seed).sample(keys, min(options.sample, len(keys)))
        chosen = set(drawn)
    of_models = [
        None if chosen is None else {key for name, key in chosen if name == model.name}
        for model in models
    ]
    words = (models, repeat(options.seconds), of_models, repeat(options.macros))
    if options.processes == 1:
        tried = map(try_mutants, *words)
        return [verdict for verdicts in tried for verdict in verdicts]
    with ProcessPoolExecutor(options.processes) as pool:
        return [verdict for verdicts in pool.map(try_mutants, *words) for verdict in verdicts]


def _report(verdicts: Sequence[Verdict]) -> float:
    """Print survivors and shares, and give the percentage of those tried that is killed."""
    rooms: dict[str, Counter[Outcome]] = defaultdict(Counter)
    for verdict in verdicts:
        rooms[verdict.model.room][verdict.outcome] += 1
        if verdict.outcome is Outcome.SURVIVED:
            print(f"{verdict.model.path}:{verdict.line}: {verdict.key.told}")
    total = sum(rooms.values(), Counter())
    width = max(map(len, [*rooms, "all"]))
    print(f"\n{'room':{width}}  killed  survived  rate  untested")
    for room, counted in [*sorted(rooms.items()), ("all", total)]:
        killed, survived = counted[Outcome.KILLED], counted[Outcome.SURVIVED]
        print(
            f"{room:{width}}  {killed:6}  {survived:8}  {_rate(counted):3.0f} %"
            f"  {counted[Outcome.UNTESTED] or '':>8}"
        )
    return _rate(total)


def _rate(counted: Counter[Outcome]) -> float:
    tried = counted[Outcome.KILLED] + counted[Outcome.SURVIVED]
    return 100 * counted[Outcome.KILLED] / tried if tried else 0


if __name__ == "__main__":
    sys.exit(main())
