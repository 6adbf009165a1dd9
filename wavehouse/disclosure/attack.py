"""The attack test: try to compute what the published tables suppress, as an outsider would.

Only published tables and the codebook are read. What they say is a system of linear equations in
respondents, weights and weighted totals (estimate times sum of weights) of every base; what is
suppressed is unknown. A figure that every solution agrees on, or nearly, is not protected. Only
figures that are suppressed for confidentiality are attacked: what is unreliable is no secret.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import permutations, product
from typing import Any

from wavehouse.building.targets import Target, open_target
from wavehouse.changes.attached_release import Beside
from wavehouse.disclosure.linear_systems import Sum, System, Unknown
from wavehouse.errors import ProblemsError
from wavehouse.escapes import sql_text
from wavehouse.project import Project

Row = dict[str, Any]
Query = Callable[[str], list[Row]]
# A segment and one of its values.
Cell = tuple[str, str]
# Who is in a base: variables, each with the categories that are. Nothing for everybody.
Base = frozenset[tuple[str, frozenset[str]]]
EVERYBODY: Base = frozenset()
# Systems that were met, by their sums.
Systems = dict[frozenset[Sum], System]

# Names a row of an estimate by its values of ROW_KEYS.
RowKey = tuple[str, ...]
ROW_KEYS = (
    "study_id",
    "period_grain",
    "period_id",
    "measure_id",
    "category_code",
    "segment_id",
    "segment_code",
)
ESTIMATES = """
    select
        study_id, {grain} as period_grain, {period} as period_id, measure_id, category_code,
        segment_id, segment_code,
        estimate, n_respondents, sum_of_weights, weight_id, observation_status,
        confidentiality_status, ci_lower, ci_upper, publication_rule
    from marts.{table}
"""
RESPONDENTS, WEIGHTS = "respondents", "weights"
# Between the name of a segment and that of a base.
OF = " of "


@dataclass
class Equation:
    """A sum that anybody knows: coefficients of unknowns, and what they come to.

    `knowns` are the quantities that are known, taken to the other side. `slack` is how far the sum
    may be off because published numbers are rounded, `rest` how much of it may be missing because
    some people are in no segment value. `is_bound` says that it may always be, so that nothing is
    computed of it exactly.
    """

    name: str
    terms: dict[Unknown, float]
    total: float
    slack: float
    rest: float = 0.0
    is_bound: bool = False
    knowns: tuple[Unknown, ...] = ()

    def sum(self) -> Sum:
        """Give what solving needs of it."""
        terms = frozenset(self.terms.items())
        return Sum(terms, self.total, self.slack, self.rest, self.is_bound)


@dataclass
class Block:
    """All that is published of measures whose bases are of one variable, in all periods of a study.

    A measure of some people only (`bases`) has its cells beside those of everybody: their
    segments carry its base in their name.
    """

    study_id: str
    base_id: str
    known: dict[Unknown, float] = field(default_factory=dict)
    suppressed: dict[Unknown, list[Row]] = field(default_factory=lambda: defaultdict(list))
    # the rows that show what is known
    shown_by: dict[Unknown, list[Row]] = field(default_factory=lambda: defaultdict(list))
    # what is zero by its definition, such as women among the men
    zeros: set[Unknown] = field(default_factory=set)
    cells: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    quantities: set[str] = field(default_factory=set)
    bases: set[Base] = field(default_factory=set)
    # how far what is known may be off, because it was rounded
    slack: dict[Unknown, float] = field(default_factory=dict)
    protection: float = 0.0
    wholes: Mapping[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)

    def is_secret(self, key: Unknown) -> bool:
        """Tell whether a figure is suppressed for itself, and a base in all of its rows.

        What is suppressed only for the sake of others may be computed, if these cannot.
        """
        statuses = {row["confidentiality_status"] for row in self.suppressed.get(key, ())}
        return statuses == {"A"} or ("A" in statuses and key[2] not in (RESPONDENTS, WEIGHTS))

    def key(self, period: str, quantity: str, segment: tuple[str, str]) -> Unknown:
        """Name a quantity of a segment value in a period."""
        return (self.base_id, period, quantity, *segment)


@dataclass(frozen=True)
class Hole:
    """A suppressed figure that can be computed, or guessed too closely."""

    description: str
    row: Mapping[str, Any]
    key: Unknown | None = None
    equations: tuple[Equation, ...] = ()

    def __str__(self) -> str:
        """Say it in a line."""
        return self.description


class Codebook:
    """What anybody can read of how the published figures hang together."""

    def __init__(self, query: Query) -> None:
        """Read it with a function that runs SQL."""
        self.measures = {row["measure_id"]: row for row in query("select * from marts.dim_measure")}
        self.declared = {row["measure_id"]: row for row in query("select * from codebook.measures")}
        self.variables = {
            row["variable_id"]: row for row in query("select * from marts.dim_variable")
        }
        self.rules = {
            row["publication_rule_id"]: row
            for row in query("select * from staging.stg_codebook__publication_rules")
        }
        self.categories: dict[str, list[str]] = defaultdict(list)
        for row in query("select variable_id, category_code from marts.dim_category"):
            self.categories[row["variable_id"]].append(row["category_code"])
        self.scores: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        for row in query(
            "select measure_id, category_code, answer_code, score "
            "from intermediate.int_measures__scores where measure_kind in ('net', 'score')"
        ):
            item = self.scores[row["measure_id"], row["category_code"]]
            item[row["answer_code"]] = float(row["score"])
        self.segments: dict[str, dict[str, tuple[tuple[str, str], ...]]] = defaultdict(dict)
        for row in query("select * from marts.dim_segment"):
            pairs = (
                (row["first_variable_id"], row["first_category_code"]),
                (row["second_variable_id"], row["second_category_code"]),
            )
            self.segments[row["segment_id"]][row["segment_code"]] = tuple(
                pair for pair in pairs if pair[0] is not None
            )
        self.bases = self._bases(query("select * from intermediate.int_measures__bases"))
        self.nested = self._nested(query("select * from codebook.derivations"))
        self.sums = list(self._sums())
        self.wholes: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for whole, parts in self.sums:
            for part in parts:
                self.wholes[part].append(whole)
        # variables that everybody of a wave has a value of
        self.complete = {
            (row["study_id"], row["wave_id"], row["variable_id"])
            for row in query(
                "select study_id, wave_id, variable_id from marts.fct_question_quality "
                "where n_valid = n_respondents"
            )
        }

    def rest(self, study_id: str, period: str, segment_id: str) -> float:
        """Tell how many people may be in none of the values of a segment: 0 or any number."""
        segment_id = segment_id.split(OF)[0]
        variables = {variable for variable, _ in next(iter(self.segments[segment_id].values()))}
        is_complete = all((study_id, period, variable) in self.complete for variable in variables)
        return 0.0 if is_complete else float("inf")

    def declaration(self, measure_id: str) -> Row:
        """Give the codebook's row of a measure; a measure of a grid has that of the grid."""
        return self.declared.get(measure_id) or self.declared[measure_id.split("__")[0]]

    def base(self, measure_id: str) -> Base:
        """Give the people whom a measure is of."""
        return self.bases.get(self.declaration(measure_id)["measure_id"], EVERYBODY)

    @staticmethod
    def _bases(rows: list[Row]) -> dict[str, Base]:
        """Collect the categories of each measure's base."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in rows:
            found[row["measure_id"]][row["variable_id"]].add(row["category_code"])
        return {
            measure_id: frozenset((name, frozenset(codes)) for name, codes in variables.items())
            for measure_id, variables in found.items()
        }

    def parts_inside(self, base: Base, whole: Cell) -> Iterator[list[Cell]]:
        """Give the segment values of everybody that add up to a value within a base."""
        for found, parts in [*self.sums, (whole, [whole])]:
            if found != whole:
                continue
            pairs = self.segments[parts[0][0]][parts[0][1]]
            places = {
                variable: (place, mapping)
                for variable, _ in base
                for place, (name, _) in enumerate(pairs)
                if (mapping := self.map(name, variable)) is not None
            }
            if len(places) < len(base):
                continue
            yield [
                (segment_id, code)
                for segment_id, code in parts
                if all(
                    places[variable][1].get(self.segments[segment_id][code][places[variable][0]][1])
                    in codes
                    for variable, codes in base
                )
            ]

    def _nested(self, derivations: list[Row]) -> dict[tuple[str, str], dict[str, str]]:
        """Map the categories of a variable to those of another that groups them."""
        nested: dict[tuple[str, str], dict[str, str]] = {}
        stretches: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(dict)
        sources: dict[str, str] = {}
        for row in derivations:
            variable, source = row["variable_id"], row["source_variable_id"]
            if row["source_category_code"]:
                mapping = nested.setdefault((source, variable), {})
                mapping[row["source_category_code"]] = row["category_code"]
            else:
                sources[variable] = source
                stretch = (
                    float(row["lower_bound"] or "-inf"),
                    float(row["upper_bound"] or "inf"),
                )
                stretches[variable].setdefault(row["category_code"], []).append(stretch)
        for fine, coarse in permutations(sources, 2):
            if sources[fine] != sources[coarse]:
                continue
            mapping = {
                code: group
                for code, parts in stretches[fine].items()
                for group, wholes in stretches[coarse].items()
                if all(
                    any(low <= part[0] and part[1] <= high for low, high in wholes)
                    for part in parts
                )
            }
            if len(mapping) == len(stretches[fine]):
                nested[fine, coarse] = mapping
        # groups of one variable that nest in one another
        for (source, fine), to_fine in list(nested.items()):
            for (other, coarse), to_coarse in list(nested.items()):
                if source != other or fine == coarse or not to_fine.keys() <= to_coarse.keys():
                    continue
                images = defaultdict(set)
                for code, group in to_fine.items():
                    images[group].add(to_coarse[code])
                if all(len(found) == 1 for found in images.values()):
                    nested[fine, coarse] = {group: min(found) for group, found in images.items()}
        return nested

    def _sums(self) -> Iterator[tuple[tuple[str, str], list[tuple[str, str]]]]:
        """Give each segment value with the values of another segment that it consists of."""
        for fine_id, fine in self.segments.items():
            fine_variables = [variable for variable, _ in next(iter(fine.values()))]
            for whole_id, whole in self.segments.items():
                whole_variables = [variable for variable, _ in next(iter(whole.values()))]
                if fine_id == whole_id or len(whole_variables) > len(fine_variables):
                    continue
                for chosen in permutations(range(len(fine_variables)), len(whole_variables)):
                    maps = [
                        self.map(fine_variables[place], variable)
                        for place, variable in zip(chosen, whole_variables, strict=True)
                    ]
                    if any(mapping is None for mapping in maps):
                        continue
                    for code, pairs in whole.items():
                        parts = [
                            (fine_id, part)
                            for part, fine_pairs in fine.items()
                            if all(
                                mapping is not None
                                and mapping.get(fine_pairs[place][1]) == category
                                for place, mapping, (_, category) in zip(
                                    chosen, maps, pairs, strict=True
                                )
                            )
                        ]
                        if parts:
                            yield (whole_id, code), parts

    def map(self, fine: str, coarse: str) -> dict[str, str] | None:
        """Give the category of a variable for each one of a finer variable, or of the same."""
        if fine == coarse:
            return {code: code for code in self.categories[fine]}
        return self.nested.get((fine, coarse))


def attack(query: Query) -> list[Hole]:
    """Attack what is published, and give what could be computed.

    Args:
        query: runs SQL on the tables and gives rows by column name.
    """
    codebook = Codebook(query)
    holes = list(shown_differences(query))
    for rows in rows_by_block(codebook, query):
        holes += holes_of(codebook, block_of(codebook, rows), query)
    return holes


def holes_of(
    codebook: Codebook, block: Block, query: Query, systems: Systems | None = None
) -> Iterator[Hole]:
    """Attack one block.

    Args:
        codebook: what anybody can read.
        block: what is shown and suppressed.
        query: runs SQL on the tables.
        systems: what was found before of the same sums; gets what is found now.
    """
    if any(block.is_secret(key) for key in block.suppressed):
        yield from _solve(block, list(_equations(codebook, block, query)), systems)


def check_disclosure(project: Project, target: str = "duckdb") -> str:
    """Attack a built warehouse, and say what was tried.

    Raises:
        ProblemsError: something confidential can be computed.
        WavehouseError: there is nothing built to attack.
    """
    with tables(project, target) as query:
        return report(query, attack(query))


def report(query: Query, holes: list[Hole]) -> str:
    """Say what an attack came to.

    Raises:
        ProblemsError: something suppressed can be computed.
    """
    if holes:
        raise ProblemsError(
            "Confidential figures can be computed from published ones:",
            [str(hole) for hole in holes],
        )
    suppressed = query(
        "select count(*) as n from marts.fct_trend_estimates where confidentiality_status = 'A'"
    )[0]["n"]
    if not suppressed:
        return "No estimate is suppressed for confidentiality, so there was nothing to attack."
    return (
        f"Attacked {suppressed:,} confidential estimates: none can be computed from what is shown."
    )


@contextmanager
def tables(project: Project, target: str, beside: Beside | None = None) -> Iterator[Query]:
    """Open what dbt built, on either engine, to be read with SQL.

    Args:
        project: the project.
        target: the dbt target.
        beside: a release that has what was not built.
    """
    with open_target(project, target, read_only=True) as opened:
        if beside and beside.database:
            beside.attach(opened.connection)
        own = _relations(opened, beside) if beside else set()
        yield lambda sql: opened.rows(beside.placed(sql, own) if beside else sql)


def _relations(opened: Target, beside: Beside) -> set[tuple[str, str]]:
    """Give schema and name of what a change has itself, without the prefix of its schemas."""
    found = opened.rows(
        "select table_schema, table_name from information_schema.tables "
        f"where table_catalog = current_database() and table_schema like '{beside.prefix}%'"
    )
    return {(row["table_schema"].removeprefix(beside.prefix), row["table_name"]) for row in found}


def shown_differences(query: Query) -> Iterator[Hole]:
    """Find changes that are shown beside a suppressed end: either end gives the other away."""
    keys = "study_id, measure_id, category_code, segment_id, segment_code"
    rows = query(
        f"""
        select {keys}, changes.from_wave_id, changes.to_wave_id, ends.wave_id
        from marts.fct_trend_changes as changes
        inner join marts.fct_trend_estimates as ends
            using ({keys})
        where
            changes.change is not null
            and ends.confidentiality_status <> 'F'
            and ends.wave_id in (changes.from_wave_id, changes.to_wave_id)
        """
    )
    for row in rows:
        yield Hole(
            f"{_name(row)}, wave {row['wave_id']}: the estimate is suppressed, and the change from "
            f"{row['from_wave_id']} to {row['to_wave_id']} is shown. Show a change only where both "
            "of its estimates are (int_changes__published).",
            row,
        )


def rows_by_block(codebook: Codebook, query: Query) -> list[list[Row]]:
    """Sort the published rows by study and base; blocks without anything secret are left out."""
    blocks: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for table, grain, period in (
        ("fct_trend_estimates", "'wave'", "wave_id"),
        ("fct_pooled_estimates", "'pooled_' || n_waves", "wave_id"),
        ("fct_period_estimates", "period_grain", "cast(period_start as varchar)"),
    ):
        for row in query(ESTIMATES.format(table=table, grain=grain, period=period)):
            # a standardised figure with an empty group does not say how many people there are
            is_empty_group = row["observation_status"] == "M" and _is_standardised(
                codebook, row["measure_id"]
            )
            is_counted = row["observation_status"] != "L" or _is_known_zero(codebook, row)
            if is_counted and not is_empty_group:
                # different weights are of different people
                blocks[row["study_id"], _base_id(codebook, row), row["weight_id"]].append(row)
    return [
        sorted(rows, key=row_key)
        for _, rows in sorted(blocks.items())
        if any(row["confidentiality_status"] == "A" for row in rows)
    ]


def row_key(row: Mapping[str, Any]) -> RowKey:
    """Name a row of an estimate."""
    return tuple(row[name] for name in ROW_KEYS)


def block_of(
    codebook: Codebook, rows: list[Row], also_suppressed: Collection[RowKey] = frozenset()
) -> Block:
    """Write down what the rows of a block show and suppress.

    Args:
        codebook: what anybody can read.
        rows: all published rows of one block.
        also_suppressed: names of shown rows that are taken as suppressed for the sake of others.
    """
    block = Block(rows[0]["study_id"], _base_id(codebook, rows[0]))
    block.wholes = codebook.wholes
    for row in rows:
        if row["observation_status"] == "L":
            cell = _within(
                (row["segment_id"], row["segment_code"]), codebook.base(row["measure_id"])
            )
            key = block.key(row["period_id"], str(_quantity(codebook, row)), cell)
            block.known[key] = block.slack[key] = 0.0
            continue
        _note(codebook, block, row, is_suppressed=row_key(row) in also_suppressed)
    # a base that one row shows, another cannot suppress
    for key in block.known.keys() & block.suppressed.keys():
        if key[2] in (RESPONDENTS, WEIGHTS):
            del block.suppressed[key]
    return block


def _is_known_zero(codebook: Codebook, row: Row) -> bool:
    """Tell whether a row says that its wave did not offer the category, so that nobody chose it."""
    kind = codebook.measures[row["measure_id"]]["measure_kind"]
    return row["period_grain"] == "wave" and kind in ("share", "share_of_responses")


def _is_standardised(codebook: Codebook, measure_id: str) -> bool:
    """Tell whether a measure needs somebody in each group of a standard population."""
    return bool(codebook.declaration(measure_id)["standard_population_id"])


def _base_id(codebook: Codebook, row: Row) -> str:
    """Name what the base of a figure consists of: the same name, the same people."""
    measure_id = row["measure_id"]
    measure = codebook.declaration(measure_id)
    kind = measure["measure_kind"]
    if kind == "share_of_cases":
        # each item has a base of its own
        return f"group {measure['variable_group_id']} {row['category_code']}"
    if kind in ("ratio", "share_of_responses") or measure["standard_population_id"]:
        return f"measure {measure_id}"
    variable = codebook.measures[measure_id]["variable_id"]
    return variable or f"group {measure['variable_group_id']}"


def _within(cell: Cell, base: Base) -> Cell:
    """Name a segment value of the people of a base."""
    if not base:
        return cell
    people = ", ".join(f"{name} {'/'.join(sorted(codes))}" for name, codes in sorted(base))
    return f"{cell[0]}{OF}{people}", cell[1]


def _quantity(codebook: Codebook, row: Row) -> str | None:
    """Name the total that a row tells, if it adds up to anything."""
    measure_id, code = row["measure_id"], row["category_code"]
    kind = codebook.measures[measure_id]["measure_kind"]
    if kind in ("quantile", "ratio"):
        return None
    if kind in ("net", "score"):
        return f"item {measure_id} {code}"
    return f"category {code}"


def _note(codebook: Codebook, block: Block, row: Row, *, is_suppressed: bool) -> None:
    """Enter what a row shows or suppresses; one that is shown may be taken as suppressed."""
    base = codebook.base(row["measure_id"])
    block.bases.add(base)
    segment = _within((row["segment_id"], row["segment_code"]), base)
    period = row["period_id"]
    if row["period_grain"] != "wave":
        period = f"{row['period_grain']} {period}"
    block.cells[period].add(segment)
    rule = codebook.rules[row["publication_rule"]]
    rounding = float(rule.get("base_rounding") or 0)
    block.protection = max(block.protection, float(rule.get("protection_interval") or 0))
    quantity = _quantity(codebook, row)
    kind = codebook.measures[row["measure_id"]]["measure_kind"]
    told: dict[str, float | None] = {RESPONDENTS: None, WEIGHTS: None}
    if quantity:
        told[quantity] = None
        block.quantities.add(quantity)
    if (
        row["confidentiality_status"] == "F"
        and row["observation_status"] != "Q"
        and not is_suppressed
    ):
        if row["estimate"] is None:
            told = dict.fromkeys(told, 0.0)
        else:
            n = float(row["n_respondents"])
            # where sums of weights are left out, an outsider tries weights of 1
            weight = n if row["sum_of_weights"] is None else float(row["sum_of_weights"])
            told[RESPONDENTS], told[WEIGHTS] = n, weight
            if quantity:
                value = float(row["estimate"])
                told[quantity] = value if kind == "total" else value * weight
    for name, value in told.items():
        key = block.key(period, name, segment)
        if value is not None:
            block.known[key] = value
            block.slack[key] = _slack(row, name, value, rounding)
            if row["estimate"] is not None:
                block.shown_by[key].append(row)
        else:
            block.suppressed[key].append(row)


def _slack(row: Row, quantity: str, value: float, rounding: float) -> float:
    """Tell how far a total may be off, of a row whose base and figure are rounded."""
    if not rounding or row["estimate"] is None:
        return 0.0
    if quantity in (RESPONDENTS, WEIGHTS):
        return rounding / 2
    n = float(row["n_respondents"])
    width = float(row["ci_upper"] or 0) - float(row["ci_lower"] or 0)
    return abs(value) * rounding / (2 * n) + n * max(10 / n, width / 2) / 2


def _equations(codebook: Codebook, block: Block, query: Query) -> Iterator[Equation]:
    """Write down every sum that an outsider knows to hold in a block."""
    additive = {RESPONDENTS, WEIGHTS} | block.quantities
    categories: list[str] = []
    if block.base_id.startswith("measure "):
        # standardised estimates, ratios and shares of responses add up over no segment
        additive = {RESPONDENTS}
        categories = sorted(block.quantities)
    elif not block.base_id.startswith("group "):
        codes = codebook.categories.get(block.base_id, [])
        categories = [f"category {code}" for code in codes]
        additive |= set(categories)
    items = {
        f"item {measure_id} {code}": {
            f"category {category}": score for category, score in scores.items()
        }
        for (measure_id, code), scores in codebook.scores.items()
        if f"item {measure_id} {code}" in block.quantities
    }
    for period, segments in block.cells.items():
        yield from _zeros(codebook, block, period, categories)
        for base, (plain_whole, plain_parts) in product(block.bases, codebook.sums):
            whole = _within(plain_whole, base)
            parts = [_within(part, base) for part in plain_parts]
            if whole not in segments or not segments.issuperset(parts):
                continue
            for quantity in additive:
                terms = {block.key(period, quantity, part): 1.0 for part in parts}
                terms[block.key(period, quantity, whole)] = -1.0
                name = f"{quantity} of {'/'.join(whole)} and of the values of {parts[0][0]}"
                rest = codebook.rest(block.study_id, period, parts[0][0])
                yield _equation(block, name, terms, rest)
        if not block.base_id.startswith("measure "):
            yield from _between_bases(codebook, block, period, additive)
        for segment in segments:
            if categories:
                terms = {block.key(period, category, segment): 1.0 for category in categories}
                terms[block.key(period, WEIGHTS, segment)] = -1.0
                yield _equation(block, f"all categories of {'/'.join(segment)}", terms)
            for item, scores in items.items():
                terms = {
                    block.key(period, category, segment): score
                    for category, score in scores.items()
                }
                terms[block.key(period, item, segment)] = -1.0
                yield _equation(block, f"{item} and its categories", terms)
    yield from _pooled(block, query)


def _zeros(
    codebook: Codebook, block: Block, period: str, categories: list[str]
) -> Iterator[Equation]:
    """Write down that nobody of a segment value has a category that its definition excludes."""
    for segment_id, code in block.cells[period]:
        for variable, own in codebook.segments[segment_id.split(OF)[0]][code]:
            inwards = codebook.map(variable, block.base_id)
            outwards = codebook.map(block.base_id, variable)
            for category in categories:
                name = category.removeprefix("category ")
                if inwards is not None:
                    is_possible = inwards.get(own) == name
                elif outwards is not None:
                    is_possible = outwards.get(name) == own
                else:
                    continue
                if not is_possible:
                    key = block.key(period, category, (segment_id, code))
                    block.zeros.add(key)
                    yield _equation(block, f"{category} of {segment_id}/{code}: nobody", {key: 1.0})


def _between_bases(
    codebook: Codebook, block: Block, period: str, additive: set[str]
) -> Iterator[Equation]:
    """Write down what the cells of one base say of those of another that holds it."""
    segments = block.cells[period]
    for narrow, wide in permutations(block.bases, 2):
        if not wide < narrow:
            continue
        for whole in [(name, code) for name, codes in codebook.segments.items() for code in codes]:
            inside, outside = _within(whole, narrow), _within(whole, wide)
            if inside not in segments:
                continue
            for parts in codebook.parts_inside(narrow - wide, whole):
                cells = [_within(part, wide) for part in parts]
                # nobody of the base can be in the value: no secret
                if not cells or not segments.issuperset(cells):
                    continue
                for quantity in additive:
                    terms = {block.key(period, quantity, cell): 1.0 for cell in cells}
                    terms[block.key(period, quantity, inside)] = -1.0
                    yield _equation(block, f"{quantity} of {'/'.join(inside)} by value", terms)
            for quantity in additive:
                # numbers and scores may be negative
                if outside in segments and (
                    quantity in (RESPONDENTS, WEIGHTS)
                    or (quantity.startswith("category ") and quantity != "category _Z")
                ):
                    terms = {block.key(period, quantity, inside): 1.0}
                    terms[block.key(period, quantity, outside)] = -1.0
                    name = (
                        f"{quantity} of {'/'.join(inside)}, who are a part of {'/'.join(outside)}"
                    )
                    bound = _equation(block, name, terms, rest=float("inf"))
                    yield replace(bound, is_bound=True)


def _pooled(block: Block, query: Query) -> Iterator[Equation]:
    """Write down that pooled waves are the sum of their waves."""
    if block.base_id.startswith("measure "):
        return
    waves = [
        row["wave_id"]
        for row in query(
            "select wave_id from marts.dim_wave "
            f"where study_id = {sql_text(block.study_id)} order by wave_number"
        )
    ]
    for period, segments in list(block.cells.items()):
        if not period.startswith("pooled_"):
            continue
        grain, last = period.split(" ", 1)
        size = int(grain.removeprefix("pooled_"))
        place = waves.index(last) + 1
        single = waves[place - size : place]
        for segment in segments:
            if any(segment not in block.cells[wave] for wave in single):
                continue
            for quantity in {RESPONDENTS, WEIGHTS} | block.quantities:
                terms = {block.key(wave, quantity, segment): 1.0 for wave in single}
                terms[block.key(period, quantity, segment)] = -1.0
                yield _equation(block, f"{quantity} of {period} and of its waves", terms)


def _equation(
    block: Block, name: str, terms: Mapping[Unknown, float], rest: float = 0.0
) -> Equation:
    """Take what is known to the other side of a sum."""
    total, size, slack = 0.0, 1.0, 0.0
    unknown, knowns = {}, []
    for key, coefficient in terms.items():
        if key in block.known:
            knowns.append(key)
            total -= coefficient * block.known[key]
            size = max(size, abs(block.known[key]))
            slack += abs(coefficient) * block.slack.get(key, 0.0)
        else:
            unknown[key] = coefficient
    slack += 1e-7 * size
    return Equation(name, unknown, total, slack, rest, knowns=tuple(knowns))


def _solve(
    block: Block, equations: Iterable[Equation], systems: Systems | None = None
) -> Iterator[Hole]:
    """Look at the unknowns that hang together, group by group."""
    systems = {} if systems is None else systems
    for key in sorted(block.known.keys() & block.suppressed.keys()):
        if block.is_secret(key) and block.shown_by[key]:
            row = block.suppressed[key][0]
            shown = block.shown_by[key][0]
            yield Hole(
                f"{_name(row)}, period {key[1]}: the {key[2]} is shown by measure "
                f"{shown['measure_id']}. Give both measures one publication rule.",
                row,
                key,
            )
    equations = [equation for equation in equations if equation.terms]
    parents: dict[Unknown, Unknown] = {}

    def find(key: Unknown) -> Unknown:
        root = key
        while parents.setdefault(root, root) != root:
            root = parents[root]
        while parents[key] != root:
            parents[key], key = root, parents[key]
        return root

    for equation in equations:
        first, *others = equation.terms
        for other in others:
            parents[find(other)] = find(first)
    groups: dict[Unknown, list[Equation]] = defaultdict(list)
    for equation in equations:
        groups[find(next(iter(equation.terms)))].append(equation)
    for group in groups.values():
        if any(key in block.suppressed for equation in group for key in equation.terms):
            yield from _solve_group(block, group, systems)


def _solve_group(block: Block, equations: list[Equation], systems: Systems) -> Iterator[Hole]:
    """Find what all solutions of a group agree on, exactly or within the protection interval."""
    sums = frozenset(equation.sum() for equation in equations)
    system = systems.get(sums)
    if system is None:
        system = systems[sums] = System(sums)
    secrets = [
        key
        for key in system.unknowns
        if block.is_secret(key) and key not in block.zeros and not _is_zero_anyway(block, key)
    ]
    # what is computed exactly is found at once
    for key in sorted(secrets, key=system.is_open):
        told = system.told(key, block.protection)
        if told:
            yield _hole(block, key, equations, told)


def _is_zero_anyway(block: Block, key: Unknown) -> bool:
    """Tell whether a published group that holds the suppressed one has nobody of the kind.

    That nobody of a large group chose something is a finding about the group, which its rule shows.
    """
    wholes = block.wholes.get(key[3:], ())
    return any(block.known.get(block.key(key[1], key[2], whole)) == 0 for whole in wholes)


def _hole(block: Block, key: Unknown, equations: list[Equation], what: str) -> Hole:
    row = block.suppressed[key][0]
    sums = [equation for equation in equations if key in equation.terms]
    sums.sort(key=lambda equation: len(equation.terms))
    return Hole(
        f"{_name(row)}, period {key[1]}: the {key[2]} {what}; the closest sum is: {sums[0].name}. "
        "`wavehouse build` suppresses more until this is not possible. Or leave out a segment, "
        "net or pooled period that tells the figure.",
        row,
        key,
        tuple(equations),
    )


def _name(row: Mapping[str, Any]) -> str:
    return (
        f"study {row['study_id']}, measure {row['measure_id']}, category {row['category_code']}, "
        f"segment {row['segment_id']}, value {row['segment_code']}"
    )
