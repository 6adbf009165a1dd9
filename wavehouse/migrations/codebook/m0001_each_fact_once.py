"""Bases, sets of scores and intervals are said once; tables of one fact are parts of others.

| before                                      | after                                            |
|---------------------------------------------|--------------------------------------------------|
| `interval_methods`                          | `publication_rules.share_ci_method`              |
| `measure_bases`                             | `bases`, `base_categories`, `measures.base_id`   |
| `measure_scores`, `derived_sum_scores`      | `scores`, `score_id` of items and sums           |
| `replicate_factors`                         | `design_columns.replicate_factor`                |
| `pooled_waves`, `calendar_grains`           | `periods`                                        |
| `indices`                                   | `comparisons` of the kind `index`                |
| rules, thresholds that the library has, too | those of the library                             |
"""

from collections import defaultdict
from collections.abc import Iterable

from wavehouse.errors import WavehouseError
from wavehouse.migrations.tables import Row, Table, Tables

SHARE_KINDS = ("share", "net", "share_of_cases", "share_of_responses")
# What descriptions of rules said of their use, which the library does not know.
USES = (
    (" Not in use; ready for a study that follows it.", ""),
    (
        " Not in use; ready for registers, censuses and surveys of a whole staff.",
        " For registers, censuses and surveys of a whole staff.",
    ),
    (" Not in use.", ""),
)


def migrate(tables: Tables) -> list[str]:
    """Change the tables, and say what somebody may want to look at."""
    notes = [
        *move_intervals(tables),
        *move_bases(tables),
        *move_scores(tables),
        *move_factors(tables),
        *move_periods(tables),
        *move_indices(tables),
    ]
    tables["code_lists"].add_column("top_end")
    tables["categories"].add_column("is_off_scale")
    return [*notes, *leave_library(tables)]


def move_intervals(tables: Tables) -> list[str]:
    """Give each rule the one interval that its shares have."""
    methods = {
        (row["publication_rule_id"], row["measure_kind"]): row["ci_method"]
        for row in tables.take("interval_methods").rows
    }
    rules = tables["publication_rules"]
    rules.add_column("share_ci_method", before="protection_interval")
    for rule in rules.rows:
        rule_id = rule["publication_rule_id"]
        by_kind = {kind: methods.get((rule_id, kind)) or "logit" for kind in SHARE_KINDS}
        # Kinds that no measure has under the rule make no difference.
        used = kinds_under(tables, rule_id) & set(SHARE_KINDS) or {"share"}
        found = sorted({by_kind[kind] for kind in used})
        if len(set(by_kind.values())) > 1 and len(found) > 1:
            said = ", ".join(f"{by_kind[kind]} for {kind}" for kind in SHARE_KINDS if kind in used)
            raise WavehouseError(
                f"seeds/codebook/interval_methods.csv: rule {rule_id} has {said}, and a rule has "
                "one interval for all of them now. Copy the rule and its criteria under another "
                "id, name that one in publication_rule_id of the measures that differ "
                "(seeds/codebook/measures.csv), and migrate then."
            )
        rule["share_ci_method"] = found[0]
    return []


def kinds_under(tables: Tables, rule_id: str) -> set[str]:
    """Give the kinds of the measures that a rule may judge."""
    is_of_a_study = any(row["publication_rule_id"] == rule_id for row in tables["studies"].rows)
    return {
        row["measure_kind"]
        for row in tables["measures"].rows
        if row["publication_rule_id"] == rule_id
        or (is_of_a_study and not row["publication_rule_id"])
    }


def move_bases(tables: Tables) -> list[str]:
    """Make one base of equal rows; measures name it."""
    old = tables.take("measure_bases")
    by_measure: dict[str, list[Row]] = defaultdict(list)
    for row in old.rows:
        by_measure[row["measure_id"]].append(row)
    measures = tables["measures"]
    refuse_unknown("measure_bases", by_measure, {row["measure_id"] for row in measures.rows})
    measures.add_column("base_id", before="base_description")
    bases = Table(["base_id", "base_label", "description"])
    categories = Table(["base_id", "variable_id", "category_code"])
    known: dict[frozenset[tuple[str, str]], str] = {}
    for measure in measures.rows:
        rows = by_measure.get(measure["measure_id"], [])
        if not rows:
            continue
        key = frozenset((row["variable_id"], row["category_code"]) for row in rows)
        if key not in known:
            known[key] = f"base_of_{measure['measure_id']}"
            named = {"base_id": known[key], "base_label": measure["base_description"]}
            bases.extend([{**named, "description": described(rows)}])
            categories.extend({"base_id": known[key], **without(row, "measure_id")} for row in rows)
        measure["base_id"] = known[key]
    tables["bases"], tables["base_categories"] = bases, categories
    if not known:
        return []
    return [
        f"{len(by_measure)} measures name {len(known)} bases. Their ids are those of their first "
        "measure and their labels its base_description: you may give them better ones in "
        "bases.csv, base_categories.csv and measures.csv."
    ]


def described(rows: Iterable[Row]) -> str:
    """Say who is in a base."""
    codes: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        codes[row["variable_id"]].append(row["category_code"])
    parts = [f"{', '.join(found)} of {variable_id}" for variable_id, found in codes.items()]
    return f"In the base is who is {', and '.join(parts)}."


def move_scores(tables: Tables) -> list[str]:
    """Make one set of equal scores of one code list; items and sums name it."""
    scores = Table(["score_id", "category_code", "score"])
    known: dict[tuple[str, frozenset[tuple[str, str]]], str] = {}
    names: set[str] = set()

    def named(wanted: str, code_list_id: str, rows: list[Row], *own: str) -> str:
        """Give the set that some rows are; it is made where there is none yet."""
        if not rows:
            return ""
        key = (code_list_id, frozenset((row["category_code"], row["score"]) for row in rows))
        if key not in known:
            known[key] = unlike(wanted, names)
            names.add(known[key])
            scores.extend({"score_id": known[key], **without(row, *own)} for row in rows)
        return known[key]

    lists = CodeLists(tables)
    measures = {row["measure_id"]: row for row in tables["measures"].rows}
    by_item: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in tables.take("measure_scores").rows:
        by_item[row["measure_id"], row["item_code"]].append(row)
    items = tables["measure_items"]
    there = {(row["measure_id"], row["item_code"]) for row in items.rows}
    refuse_unknown("measure_scores", map("/".join, by_item), set(map("/".join, there)))
    items.add_column("score_id")
    for item in items.rows:
        measure_id, item_code = item["measure_id"], item["item_code"]
        item["score_id"] = named(
            f"{measure_id}_{item_code}",
            lists.of_measure(measures.get(measure_id, {})),
            by_item.get((measure_id, item_code), []),
            "measure_id",
            "item_code",
        )
    by_sum: dict[str, list[Row]] = defaultdict(list)
    for row in tables.take("derived_sum_scores").rows:
        by_sum[row["variable_id"]].append(row)
    sums = tables["derived_sums"]
    refuse_unknown("derived_sum_scores", by_sum, {row["variable_id"] for row in sums.rows})
    sums.add_column("score_id", before="minimum_answers")
    for row in sums.rows:
        code_list_id = lists.of_group(row["variable_group_id"])
        own = by_sum.get(row["variable_id"], [])
        row["score_id"] = named(row["variable_id"], code_list_id, own, "variable_id")
    tables["scores"] = scores
    return []


class CodeLists:
    """The code lists of variables and groups, by their ids."""

    def __init__(self, tables: Tables) -> None:
        """Read them from the tables."""
        self._lists = {row["variable_id"]: row["code_list_id"] for row in tables["variables"].rows}
        self._members: dict[str, list[str]] = defaultdict(list)
        for row in tables["variable_group_members"].rows:
            self._members[row["variable_group_id"]].append(row["variable_id"])

    def of_group(self, variable_group_id: str) -> str:
        """Name the code lists of a group; most have one."""
        found = {self._lists.get(each, "") for each in self._members.get(variable_group_id, [])}
        return " ".join(sorted(found))

    def of_measure(self, measure: Row) -> str:
        """Name the code list of what a measure is of."""
        variable_id = measure.get("variable_id", "")
        return self._lists.get(variable_id) or self.of_group(measure.get("variable_group_id", ""))


def move_factors(tables: Tables) -> list[str]:
    """Put factors of replicates beside the columns of their weights."""
    factors = {
        (row["design_id"], row["position"]): row["replicate_factor"]
        for row in tables.take("replicate_factors").rows
    }
    columns = tables["design_columns"]
    columns.add_column("replicate_factor")
    for row in columns.rows:
        if row["design_role"] == "replicate_weight":
            key = row["design_id"], row["position"]
            row["replicate_factor"] = factors.pop(key, "")
    return [
        f"replicate_factors.csv has a factor for replicate {position} of design {design_id}, "
        "which has no such replicate: it is left out, and counted nothing before."
        for design_id, position in factors
    ]


def move_periods(tables: Tables) -> list[str]:
    """Put pooled waves and calendar periods into one table."""
    periods = Table(["study_id", "period_kind", "n_waves"])
    periods.extend(
        {"study_id": row["study_id"], "period_kind": "pooled_waves", **without(row, "study_id")}
        for row in tables.take("pooled_waves").rows
    )
    periods.extend(
        {
            "study_id": row["study_id"],
            "period_kind": row["period_grain"],
            **without(row, "study_id", "period_grain"),
        }
        for row in tables.take("calendar_grains").rows
    )
    tables["periods"] = periods
    return []


def move_indices(tables: Tables) -> list[str]:
    """Make comparisons of indices."""
    comparisons = tables["comparisons"]
    taken = {(row["study_id"], row["comparison_id"]) for row in comparisons.rows}
    for row in tables.take("indices").rows:
        study_id = row["study_id"]
        names = {name for study, name in taken if study == study_id}
        name = unlike(f"index_{row['base_wave_id']}", names)
        taken.add((study_id, name))
        comparisons.extend([{**row, "comparison_id": name, "comparison_kind": "index"}])
    return []


def leave_library(tables: Tables) -> list[str]:
    """Take out what the library has in the same form: rules with their criteria, and thresholds."""
    rules, criteria = tables["publication_rules"], tables["publication_criteria"]
    of_library = {
        row["publication_rule_id"]: signature([row], tables.library["publication_criteria"].rows)
        for row in tables.library["publication_rules"].rows
    }
    same = {
        row["publication_rule_id"]
        for row in rules.rows
        if of_library.get(row["publication_rule_id"]) == signature([row], criteria.rows)
    }
    rules.rows = [row for row in rules.rows if row["publication_rule_id"] not in same]
    criteria.rows = [row for row in criteria.rows if row["publication_rule_id"] not in same]
    thresholds = tables["drift_thresholds"]
    common = [filled(row) for row in tables.library["drift_thresholds"].rows]
    thresholds.rows = [row for row in thresholds.rows if filled(row) not in common]
    changed = sorted({row["publication_rule_id"] for row in rules.rows} & of_library.keys())
    return [
        f"Publication rule {rule_id} is another than that of the library, so it stays a rule of "
        "the project."
        for rule_id in changed
    ]


def signature(rules: list[Row], criteria: Iterable[Row]) -> list[Row]:
    """Give all that a rule says, its criteria in their order."""
    (rule,) = rules
    text = rule["description"]
    for old, new in USES:
        text = text.replace(old, new)
    own = [row for row in criteria if row["publication_rule_id"] == rule["publication_rule_id"]]
    ordered = sorted(own, key=lambda row: (len(row["position"]), row["position"]))
    return [filled({**rule, "description": text}), *map(filled, ordered)]


def filled(row: Row) -> Row:
    """Give the cells of a row that are not empty."""
    return {column: value for column, value in row.items() if value}


def without(row: Row, *columns: str) -> Row:
    """Give a row without some columns."""
    return {column: value for column, value in row.items() if column not in columns}


def unlike(wanted: str, taken: set[str]) -> str:
    """Give a name, with a number behind it where it is taken."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def refuse_unknown(table: str, named: Iterable[str], known: set[str]) -> None:
    """Stop where rows would be lost because what they are of is not there."""
    if lost := sorted(set(named) - known):
        raise WavehouseError(
            f"seeds/codebook/{table}.csv has rows of {', '.join(lost)}, which the codebook does "
            "not have. Correct or remove them, and migrate then."
        )
