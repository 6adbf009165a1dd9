"""Small made-up samples that hypothesis draws, each delivered as drawn and in several other ways.

Each delivery is a study of its own, all of them in one project, so that one build tells what each
way of delivering changes. A study is named after its sample and delivery, such as `s3_shuffled`.

A hundred files of waves would take dbt a minute, so all are one file here, which stands where the
staging models of the waves end: a row for each cell.
"""

import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from workbench import (
    Row,
    Tables,
    add_codebook_rows,
    index_row,
    pool_row,
    set_codebook_rows,
    write_rows,
)

from wavehouse.project import Project

CHOICES = ("p", "q", "r")
SHIFT = 7
FACTOR = 3
# What the weights of the delivery `scaled` are multiplied with.
WEIGHT_FACTOR = 3.7
# Codes of `choice` that mean something else than they look like.
RELABELLED = {"p": "q", "q": "r", "r": "p", "": "-9"}
POPULATION_SHARES = {"young": "0.375", "old": "0.625"}


@dataclass(frozen=True)
class Respondent:
    """A person with a place in the sample; an empty answer is a missing one."""

    number_in_sample: int
    stratum: str
    psu: str
    weight: float
    choice: str
    yes: str
    other: str
    number: float | None
    size: float | None
    group: str
    age: str

    @property
    def place(self) -> tuple[str, str]:
        """Stratum and PSU; PSUs carry the same names in each stratum."""
        return self.stratum, self.psu


@dataclass(frozen=True)
class Sample:
    """Two waves, some of whose PSUs are the same, and what is done with lonely PSUs."""

    lonely_psu: str
    waves: tuple[tuple[Respondent, ...], tuple[Respondent, ...]]

    def __str__(self) -> str:
        """Show the sample, one line for each respondent."""
        return "\n".join(
            [
                f"lonely PSUs: {self.lonely_psu}",
                *(
                    f"w{number} {person.stratum}/{person.psu} w={person.weight:g} "
                    f"choice={person.choice} yes={person.yes} other={person.other} "
                    f"number={person.number} size={person.size} group={person.group} "
                    f"age={person.age}"
                    for number, wave in enumerate(self.waves, start=1)
                    for person in wave
                ),
            ]
        )


def respondents(stratum: str, psu: str) -> st.SearchStrategy[Respondent]:
    """Draw somebody of a PSU; everybody gets a number of their own later."""
    return st.builds(
        Respondent,
        number_in_sample=st.just(0),
        stratum=st.just(stratum),
        psu=st.just(psu),
        weight=st.sampled_from((1.0, 0.25, 2.5, 1.3, 40.0)),
        choice=st.sampled_from((*CHOICES, "p", "")),
        yes=st.sampled_from(("1", "0", "0", "")),
        other=st.sampled_from(("1", "0", "")),
        number=st.sampled_from((0.0, 3.0, 7.5, 12.0, 20.0, None)),
        size=st.sampled_from((1.0, 2.0, 5.0, None)),
        group=st.sampled_from(("a", "b", "b", "c", "")),
        age=st.sampled_from(("young", "old", "old", "")),
    )


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Draw a sample of few dozen people: up to four strata of up to four PSUs, some lonely."""
    waves: tuple[list[Respondent], list[Respondent]] = ([], [])
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    for stratum, n_psus in enumerate(sizes, start=1):
        for psu in range(1, n_psus + 1):
            # The first of each stratum is in both waves, so that no wave is empty.
            in_waves = (0, 1) if psu == 1 else draw(st.sampled_from(((0, 1), (0,), (1,))))
            people = st.lists(respondents(f"h{stratum}", f"a{psu}"), min_size=1, max_size=4)
            for wave in in_waves:
                waves[wave].extend(draw(people))
    first, second = (
        tuple(replace(person, number_in_sample=number) for number, person in enumerate(wave))
        for wave in waves
    )
    return Sample(draw(st.sampled_from(("adjust", "remove", "average"))), (first, second))


def drawn_samples(number: int) -> list[Sample]:
    """Draw some samples, the same in each run."""
    drawn: dict[Sample, None] = {}

    @seed(20261123)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(samples())
    def collect(sample: Sample) -> None:
        drawn[sample] = None

    collect()
    return list(drawn)


def as_delivered(person: Respondent) -> Row:
    """Give the row of somebody, with some answers once more in other words."""

    def text(number: float | None) -> str:
        return "" if number is None else repr(number)

    number = person.number
    return {
        "id": f"n{person.number_in_sample}",
        "stratum": person.stratum,
        "psu": person.psu,
        "weight": repr(person.weight),
        "choice": person.choice,
        "choice_relabelled": RELABELLED[person.choice],
        "yes": person.yes,
        "other": person.other,
        "number": text(number),
        "number_shifted": text(None if number is None else number + SHIFT),
        "number_scaled": text(None if number is None else number * FACTOR),
        "size": text(person.size),
        "group": person.group,
        "age": person.age,
    }


def rows_of(people: Iterable[Respondent]) -> list[Row]:
    """Give the file of a wave as drawn."""
    return [as_delivered(person) for person in people]


def shuffled(rows: list[Row]) -> list[Row]:
    """Give the rows in another order."""
    return random.Random(5).sample(rows, len(rows))


def chunks_renamed(rows: list[Row]) -> list[Row]:
    """Deal people out to two files that are joined, with other names for people and places."""
    # Backwards, so that whatever is sorted by name is in another order.
    renamed = [
        {**row, **{column: f"{row[column][::-1]}-" for column in ("id", "stratum", "psu")}}
        for row in rows
    ]
    return renamed[1::2] + renamed[0::2]


def scaled(people: Iterable[Respondent]) -> tuple[Respondent, ...]:
    """Multiply all weights by one number."""
    return tuple(replace(person, weight=person.weight * WEIGHT_FACTOR) for person in people)


def extended(people: tuple[Respondent, ...]) -> tuple[Respondent, ...]:
    """Add PSUs in which nobody has an answer: a third stratum of two, and one in the first."""
    nobody = {"choice": "", "yes": "", "other": "", "number": None, "size": None}
    added = (("h8", "a1"), ("h8", "a2"), ("h1", "a9"))
    return (
        *people,
        *(
            replace(people[0], number_in_sample=900 + number, stratum=stratum, psu=psu, **nobody)
            for number, (stratum, psu) in enumerate(added)
        ),
    )


def doubled(people: tuple[Respondent, ...]) -> tuple[Respondent, ...]:
    """Deliver each PSU once more under another name."""
    return (
        *people,
        *(
            replace(
                person,
                psu=f"{person.psu}_again",
                number_in_sample=person.number_in_sample + 500,
            )
            for person in people
        ),
    )


def jackknife_weights(people: tuple[Respondent, ...]) -> list[list[float]]:
    """Leave out each PSU in turn: the weights of everybody, one list for each PSU."""
    places = sorted({person.place for person in people})
    factor = len(places) / (len(places) - 1)
    return [
        [0.0 if person.place == place else person.weight * factor for person in people]
        for place in places
    ]


def with_replicates(people: tuple[Respondent, ...]) -> list[Row]:
    """Give the file of a wave with the weights of a jackknife, and without strata and PSUs."""
    rows = [
        {column: value for column, value in row.items() if column not in ("stratum", "psu")}
        for row in rows_of(people)
    ]
    for position, weights in enumerate(jackknife_weights(people), start=1):
        for row, weight in zip(rows, weights, strict=True):
            row[f"replicate_{position}"] = repr(weight)
    return rows


def deliveries(sample: Sample) -> dict[str, dict[str, list[Row]]]:
    """Give the files of all ways in which a sample is delivered, by delivery and wave."""
    first, second = sample.waves
    waves = {"w1": first, "w2": second}
    as_drawn = {wave_id: rows_of(people) for wave_id, people in waves.items()}
    # the first wave once more
    again = {"w3": as_drawn["w1"]}
    return {
        "drawn": as_drawn | again,
        "independent": as_drawn | again,
        "shuffled": {wave_id: shuffled(rows) for wave_id, rows in as_drawn.items()},
        "chunks": {wave_id: chunks_renamed(rows) for wave_id, rows in as_drawn.items()},
        "scaled": {wave_id: rows_of(scaled(people)) for wave_id, people in waves.items()},
        "extended": {wave_id: rows_of(extended(people)) for wave_id, people in waves.items()},
        "doubled": {wave_id: rows_of(doubled(people)) for wave_id, people in waves.items()},
        "unstratified": {"w1": as_drawn["w1"]},
        "jackknife": {"w1": with_replicates(first)},
    }


# Columns by role; `unstratified` has PSUs named after both columns.
ROLES = (
    ("respondent", "1", "id"),
    ("weight", "1", "weight"),
    ("stratum", "1", "stratum"),
    ("psu", "1", "psu"),
)
UNSTRATIFIED_ROLES = (*ROLES[:2], ("psu", "1", "stratum"), ("psu", "2", "psu"))

# Variable: its column and the codes of its list.
YES_NO = {"1": "yes", "0": "no", "": ""}
CATEGORICAL: dict[str, tuple[str, dict[str, str]]] = {
    "choice": ("choice", {"p": "p", "q": "q", "r": "r", "": ""}),
    "choice_relabelled": (
        "choice_relabelled",
        {RELABELLED[choice]: choice for choice in (*CHOICES, "")},
    ),
    "yes": ("yes", YES_NO),
    "other": ("other", YES_NO),
    "respondent_group": ("group", {"a": "a", "b": "b", "c": "c", "": ""}),
    "age": ("age", {"young": "young", "old": "old", "": ""}),
}
NUMERIC = {"number": "40", "number_shifted": "60", "number_scaled": "60", "size": "10"}
COARSE = {"a": "ab", "b": "ab", "c": "c"}


def add_drawn_studies(project: Project, drawn: Iterable[Sample]) -> None:
    """Let a project have nothing but the studies of some samples, and no marts."""
    for path in project.codebook.glob("*.csv"):
        if not path.stem.startswith("publication_"):
            set_codebook_rows(project, path.stem, [])
    tables: dict[str, list[Row]] = {table: list(rows) for table, rows in shared_rows().items()}
    cells: list[Row] = []
    for number, sample in enumerate(drawn):
        for delivery, waves in deliveries(sample).items():
            study_id = f"s{number}_{delivery}"
            for table, rows in study_rows(sample, study_id, delivery, waves).items():
                tables.setdefault(table, []).extend(rows)
            cells.extend(cells_of(study_id, waves))
    add_codebook_rows(project, tables)
    take_cells_for_waves(project, cells)


def cells_of(study_id: str, waves: dict[str, list[Row]]) -> Iterator[Row]:
    """Give the cells of the waves of a study as their staging models would."""
    for wave_id, rows in waves.items():
        for row_number, row in enumerate(rows, start=1):
            for column, code in row.items():
                yield {
                    "study_id": study_id,
                    "wave_id": wave_id,
                    "row_number": str(row_number),
                    "source_column": column,
                    "source_code": code,
                }


def take_cells_for_waves(project: Project, cells: list[Row]) -> None:
    """Let a project read delivered cells from a file, and take out what reads or follows waves."""
    path = project.root / "cells.csv"
    write_rows(path, list(cells[0]), cells)
    columns = ", ".join(
        f"'{column}': '{'bigint' if column == 'row_number' else 'varchar'}'" for column in cells[0]
    )
    read_cells_from(
        project,
        f"select * from read_csv('{path}', header = true, columns = {{{{ '{{' }}}}{columns}}})",
    )


WAVES_OF_CELLS = """\
select
    {{{{ integer_key(['study_id', 'wave_id']) }}}} as wave_key,
    study_id,
    wave_id,
    count(distinct row_number) as n_rows,
    {{{{ rows_digest(['row_number', 'source_column', 'source_code']) }}}} as content_digest,
    dense_rank() over (order by study_id, wave_id) as batch_number
from ({sql}) as cells
group by
    study_id,
    wave_id
"""


def read_cells_from(project: Project, sql: str) -> None:
    """Let a project read delivered cells by a query, and take out what reads or follows waves."""
    for folder in (*project.waves.iterdir(), project.models / "marts", project.root / "analyses"):
        shutil.rmtree(folder)
    for folder in (project.models / "staging").iterdir():
        if folder.is_dir() and next(folder.glob("stg_*__*.sql")).read_text().startswith("-- gen"):
            shutil.rmtree(folder)
    (project.models / "exposures.yml").unlink()
    delivered = project.models / "intermediate/delivered"
    (delivered / "int_delivered__answers.sql").write_text(
        "{{ config(materialized='by_wave', meta={'units': 'int_delivered__waves'}) }}\n"
        f"-- depends_on: {{{{ ref('int_delivered__waves') }}}}\n{sql}\n",
        encoding="utf-8",
    )
    (delivered / "int_delivered__waves.sql").write_text(
        WAVES_OF_CELLS.format(sql=sql), encoding="utf-8"
    )


def code_lists() -> Iterator[tuple[str, list[str]]]:
    """Give the codes of each list."""
    yield "coarse_group", ["ab", "c"]
    for variable_id, (_, codes) in CATEGORICAL.items():
        yield variable_id, sorted({code for code in codes.values() if code})


def measures() -> Iterator[Row]:
    """Give all measures, named after what they estimate and how."""
    for variable_id in ("choice", "choice_relabelled", "yes"):
        yield {"measure_id": f"{variable_id}_share", "variable_id": variable_id}
    yield {"measure_id": "choice_net", "variable_id": "choice"}
    yield {"measure_id": "choice_total", "variable_id": "choice"}
    for variable_id in ("number", "number_shifted", "number_scaled"):
        for kind in ("mean", "total"):
            yield {"measure_id": f"{variable_id}_{kind}", "variable_id": variable_id}
        yield {
            "measure_id": f"{variable_id}_quantile",
            "variable_id": variable_id,
            "quantile": "0.5",
        }
    yield {
        "measure_id": "number_ratio",
        "variable_id": "number",
        "denominator_variable_id": "size",
    }
    for variable_id, kind in (("choice", "share"), ("number", "mean")):
        yield {
            "measure_id": f"standard_{variable_id}_{kind}",
            "variable_id": variable_id,
            "standard_population_id": "ages",
        }
    for kind in ("share_of_cases", "share_of_responses"):
        yield {"measure_id": kind, "measure_kind": kind, "variable_group_id": "mentions"}


def shared_rows() -> Tables:
    """Give the codebook rows that all studies share."""
    text = {"description": "Made up."}
    items = {"pq": ("p", "q"), "all": CHOICES}
    return {
        "code_lists": [
            {"code_list_id": list_id, "code_list_label": list_id, **text}
            for list_id, _ in code_lists()
        ],
        "categories": [
            {
                "code_list_id": list_id,
                "category_code": code,
                "category_order": str(order),
                "category_label": f"Category {code}",
            }
            for list_id, codes in code_lists()
            for order, code in enumerate(codes, start=1)
        ],
        "variables": [
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": variable_id,
                    "value_type": "categorical",
                    "code_list_id": variable_id,
                    **text,
                }
                for variable_id in (*CATEGORICAL, "coarse_group")
            ),
            *(
                {
                    "variable_id": variable_id,
                    "variable_label": variable_id,
                    "value_type": "numeric",
                    "unit": "units",
                    "lower_bound": "0",
                    "upper_bound": upper_bound,
                    **text,
                }
                for variable_id, upper_bound in NUMERIC.items()
            ),
        ],
        "derivations": [
            {
                "variable_id": "coarse_group",
                "position": str(position),
                "source_variable_id": "respondent_group",
                "source_category_code": code,
                "category_code": coarse,
            }
            for position, (code, coarse) in enumerate(COARSE.items(), start=1)
        ],
        "segments": [
            {"segment_id": segment_id, "segment_label": segment_id, **text}
            for segment_id in ("total", "respondent_group", "coarse_group")
        ],
        "segment_variables": [
            {"segment_id": variable_id, "position": "1", "variable_id": variable_id}
            for variable_id in ("respondent_group", "coarse_group")
        ],
        "segment_contrasts": [
            {
                "segment_id": "respondent_group",
                "segment_code": code,
                "reference_segment_code": reference,
            }
            for code, reference in (("a", "b"), ("b", "a"))
        ],
        "measures": [
            {
                "measure_kind": measure["measure_id"].rsplit("_", 1)[1],
                "measure_label": measure["measure_id"],
                "base_description": "Respondents with an answer",
                **text,
                **measure,
            }
            for measure in measures()
        ],
        "measure_items": [
            {
                "measure_id": "choice_net",
                "item_code": item,
                "item_label": item,
                "item_order": str(order),
                "score_id": f"choice_{item}",
            }
            for order, item in enumerate(items, start=1)
        ],
        "scores": [
            {"score_id": f"choice_{item}", "category_code": code, "score": "1"}
            for item, codes in items.items()
            for code in codes
        ],
        "variable_groups": [
            {
                "variable_group_id": "mentions",
                "variable_group_label": "Mentions",
                "group_kind": "multiple_response",
                "mention_category_code": "yes",
                **text,
            }
        ],
        "variable_group_members": [
            {
                "variable_group_id": "mentions",
                "variable_id": variable_id,
                "member_order": str(order),
            }
            for order, variable_id in enumerate(("yes", "other"), start=1)
        ],
        "standard_populations": [
            {
                "standard_population_id": "ages",
                "standard_population_label": "Ages",
                "variable_id": "age",
                "source": "Made up.",
                **text,
            }
        ],
        "standard_population_shares": [
            {
                "standard_population_id": "ages",
                "category_code": code,
                "population_share": share,
            }
            for code, share in POPULATION_SHARES.items()
        ],
    }


def study_rows(
    sample: Sample, study_id: str, delivery: str, waves: dict[str, list[Row]]
) -> dict[str, list[Row]]:
    """Give the codebook rows of one delivery of a sample."""
    key = {"study_id": study_id}
    valid = {**key, "valid_from_wave": "w1"}
    is_replicated = delivery == "jackknife"
    columns = next(iter(waves.values()))[0]
    if is_replicated:
        replicates = [column for column in columns if column.startswith("replicate_")]
        roles = (
            *ROLES[:2],
            *(
                ("replicate_weight", str(position), column)
                for position, column in enumerate(replicates, start=1)
            ),
        )
    else:
        roles = UNSTRATIFIED_ROLES if delivery == "unstratified" else ROLES
    return {
        "studies": [
            {
                **key,
                "study_label": study_id,
                "description": "Made up for tests.",
                "universe": "Nobody",
                "producer": "The tests",
                "citation": "None",
                "terms_of_use": "Free",
                "publication_rule_id": "open_data",
                "ci_level": "0.95",
                "adjustment_method": "holm",
            }
        ],
        "designs": [
            {
                **key,
                "design_id": study_id,
                "design_label": study_id,
                "lonely_psu": sample.lonely_psu,
                "applies_fpc": "false",
                "allows_zero_weights": "false",
                "variance_method": "jk1" if is_replicated else "",
                "psu_numbering": "within_strata",
                "description": "Made up for tests.",
            }
        ],
        "design_columns": [
            {
                "design_id": study_id,
                "design_role": role,
                "position": position,
                "source_column": column,
            }
            for role, position, column in roles
        ],
        "waves": [
            {
                **key,
                "wave_id": wave_id,
                "wave_number": wave_id[1:],
                "wave_label": wave_id,
                "wave_date": f"200{wave_id[1:]}-06-01",
                "design_id": study_id,
                "sample_id": f"sample_{wave_id}" if delivery == "independent" else "one",
                "expected_respondents": str(len(rows)),
            }
            for wave_id, rows in waves.items()
        ],
        "comparisons": [
            {**key, "comparison_id": "previous", "comparison_kind": "previous"},
            {**key, "comparison_id": "first", "comparison_kind": "first"},
            *(
                {
                    **key,
                    "comparison_id": "with_second",
                    "comparison_kind": "base",
                    "base_wave_id": wave_id,
                }
                for wave_id in waves
                if wave_id == "w2"
            ),
            *(index_row(key["study_id"], wave_id) for wave_id in waves if delivery == "drawn"),
        ],
        "periods": [pool_row(key["study_id"], 2)] if delivery == "drawn" else [],
        "questions": [
            {
                **valid,
                "variable_id": variable_id,
                "source_column": column,
                "crosswalk_id": variable_id,
                "question_text": "Made up.",
                "universe": "All",
            }
            for variable_id, column in (
                *((variable_id, column) for variable_id, (column, _) in CATEGORICAL.items()),
                *((variable_id, variable_id) for variable_id in NUMERIC),
            )
        ],
        "crosswalk": [
            *(
                {
                    **valid,
                    "crosswalk_id": variable_id,
                    "source_code": code or "<empty>",
                    "category_code": category,
                    "missing_kind": "" if category else "no_answer",
                    "mapping_method": "recode" if category else "sentinel",
                }
                for variable_id, (_, codes) in CATEGORICAL.items()
                for code, category in codes.items()
            ),
            *(
                {
                    **valid,
                    "crosswalk_id": variable_id,
                    "source_code": code,
                    "missing_kind": missing_kind,
                    "mapping_method": method,
                }
                for variable_id in NUMERIC
                for code, missing_kind, method in (
                    ("<number>", "", "identity"),
                    ("<empty>", "no_answer", "sentinel"),
                )
            ),
        ],
    }
