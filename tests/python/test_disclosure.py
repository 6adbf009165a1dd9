"""What is suppressed stays so: the models suppress in small random surveys, which are attacked."""

import duckdb
import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from small_tables import (
    KEYS,
    Survey,
    compiled_models,
    random_survey,
    rows_of,
    suppress,
    suppress_also,
)

from wavehouse.disclosure.attack import Codebook, Hole, attack
from wavehouse.disclosure.closing import find_closing
from wavehouse.project import Project

Models = dict[str, str]


@pytest.fixture(scope="module")
def models(published: Project) -> Models:
    """The SQL of the models that suppress, which is the same whatever the studies are."""
    return compiled_models(published.target / "compiled")


def holes(database: duckdb.DuckDBPyConnection) -> list[Hole]:
    """Attack what a survey's tables show."""
    return attack(lambda sql: rows_of(database, sql))


def counts(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the published rows of each confidentiality status."""
    rows = rows_of(
        database,
        "select confidentiality_status as status, count(*) as n from published group by all",
    )
    return {row["status"]: row["n"] for row in rows}


@pytest.mark.parametrize("seed", [1, 6, 7, 8, 10, 11, 13])
def test_nothing_suppressed_can_be_computed(models: Models, seed: int) -> None:
    database = suppress(random_survey(seed), models)
    found = counts(database)
    assert found["A"] > 0
    assert found["F"] > 0
    assert [str(hole) for hole in holes(database)] == []


@pytest.mark.parametrize("skipped", ["suppressed_components", "secondary"])
def test_attack_finds_what_is_not_closed(models: Models, skipped: str) -> None:
    found = holes(suppress(random_survey(6), models, skip=skipped))
    assert found
    assert all(hole.row["confidentiality_status"] == "A" for hole in found)
    assert all("study s, measure" in str(hole) and "sum is:" in str(hole) for hole in found)


@pytest.mark.parametrize("seed", [6, 10])
def test_what_is_not_closed_by_moves_is_closed_after_the_attack(models: Models, seed: int) -> None:
    """Without the models that protect categories, rows are added until nothing is found."""
    database = suppress(random_survey(seed), models, skip="suppressed_components")
    assert holes(database)
    found = find_closing(lambda sql: rows_of(database, sql))
    assert found.rows
    suppress_also(database, models, found.rows)
    assert [str(hole) for hole in holes(database)] == []
    # no row of them could be left out
    n_shown = counts(database)["F"]
    assert n_shown > 0
    for row in found.rows[:: max(1, len(found.rows) // 3)]:
        suppress_also(database, models, [other for other in found.rows if other != row])
        assert holes(database), row


@pytest.mark.parametrize("seed", [10])
def test_the_same_is_closed_each_time(models: Models, seed: int) -> None:
    database = suppress(random_survey(seed), models, skip="suppressed_components")
    first, again = (find_closing(lambda sql: rows_of(database, sql)) for _ in range(2))
    assert first.rows
    assert again == first


@pytest.mark.parametrize("seed", [1, 10])
def test_nothing_more_is_suppressed_where_the_attack_finds_nothing(
    models: Models, seed: int
) -> None:
    database = suppress(random_survey(seed), models)
    found = find_closing(lambda sql: rows_of(database, sql))
    assert (found.rows, found.holes) == ([], [])


@pytest.mark.parametrize("seed", [1, 6])
def test_what_is_unreliable_suppresses_nothing_else(models: Models, seed: int) -> None:
    survey = random_survey(seed)
    survey.is_secret = False
    database = suppress(survey, models)
    found = counts(database)
    assert set(found) == {"F"}
    suppressed = rows_of(database, "select * from published where observation_status = 'Q'")
    assert suppressed
    assert all(row["is_suppressed"] and row["estimate"] is None for row in suppressed)
    # pooled waves are shown by their own base, whatever their waves are
    assert rows_of(
        database,
        """
        select pooled.measure_id
        from published as pooled
        inner join published as single
            using (measure_id, category_code, segment_id, segment_code)
        where
            pooled.period_grain = 'pooled_2' and pooled.estimate is not null
            and single.period_grain = 'wave' and single.observation_status = 'Q'
        """,
    )
    assert holes(database) == []


def survey_of_two_bases(seed: int) -> Survey:
    """Make a survey up in which the same is estimated of everybody and of the old."""
    survey = random_survey(seed)
    survey.measures = ("answer_share", "answer_net", "answer_share_old", "answer_net_old")
    survey.segments = ("total", "sex", "age", "sex_by_age")
    survey.pools = False
    return survey


@pytest.mark.parametrize("seed", [6, 13])
def test_two_bases_of_one_variable_do_not_tell_on_each_other(models: Models, seed: int) -> None:
    database = suppress(survey_of_two_bases(seed), models)
    found = counts(database)
    assert found["A"] > 0
    assert found["F"] > 0
    assert [str(hole) for hole in holes(database)] == []


@pytest.mark.parametrize("seed", [6, 13])
def test_attack_finds_what_two_bases_tell(models: Models, seed: int) -> None:
    database = suppress(survey_of_two_bases(seed), models)
    database.execute(
        f"""
        update published
        set
            estimate = judged.estimate,
            n_respondents = judged.n_respondents,
            sum_of_weights = judged.sum_of_weights,
            confidentiality_status = 'F',
            observation_status = 'A'
        from intermediate.int_rules__judged_estimates as judged
        where
            published.confidentiality_status = 'D'
            and published.measure_id like '%old'
            and {" and ".join(f"published.{key} = judged.{key}" for key in KEYS)}
        """
    )
    found = [str(hole) for hole in holes(database)]
    assert found
    assert any("of age old" in hole for hole in found)


def test_a_single_row_shown_again_is_found(models: Models) -> None:
    database = suppress(random_survey(6), models)
    assert holes(database) == []
    closing = rows_of(
        database,
        """
        select * from published
        where confidentiality_status = 'D' and period_grain = 'wave' and measure_id = 'answer_share'
        order by all
        """,
    )
    opened = 0
    for row in closing[:: max(1, len(closing) // 12)]:
        where = " and ".join(
            f"published.{key} = '{row[key]}' and judged.{key} = '{row[key]}'" for key in KEYS
        )
        database.execute(
            f"""
            begin;
            update published
            set
                estimate = judged.estimate,
                n_respondents = judged.n_respondents,
                sum_of_weights = judged.sum_of_weights,
                confidentiality_status = 'F',
                observation_status = 'A'
            from intermediate.int_rules__judged_estimates as judged
            where {where}
            """
        )
        opened += bool(holes(database))
        database.execute("rollback")
    assert opened > 0


def test_a_change_beside_a_suppressed_end_is_found(models: Models) -> None:
    database = suppress(random_survey(6), models)
    database.execute(
        """
        create or replace view marts.fct_trend_changes as
        select
            study_id, measure_id, category_code, segment_id, segment_code,
            '1' as from_wave_id, '2' as to_wave_id, 0.1 as change
        from marts.fct_trend_estimates
        where confidentiality_status = 'A'
        limit 1
        """
    )
    assert any("the change from 1 to 2 is shown" in str(hole) for hole in holes(database))


def test_a_guess_closer_than_the_protection_interval_is_found(models: Models) -> None:
    """Two suppressed groups of 5 and 1: either is known to lie in 0 to 6."""
    people = [
        {"wave": wave, "sex": sex, "region": region, "area": None, "age": None}
        | {"answer": "a", "number": 1, "weight": 1.0}
        for wave in ("1", "2")
        for sex, region, n in (("f", "r1", 5), ("f", "r2", 1), ("m", "r3", 40), ("m", "r4", 40))
        for _ in range(n)
    ]
    survey = Survey(people, ("total", "region"), ("number_mean",), threshold=10, pools=False)
    survey.protection = 0.2
    assert holes(suppress(survey, models)) == []
    survey.protection = 1.99
    database = suppress(survey, models)
    database.execute("delete from intermediate.int_disclosure__secondary")
    database.execute("update staging.stg_codebook__publication_rules set protection_interval = 2.1")
    assert any("must lie between" in str(hole) for hole in holes(database))


def test_few_more_cells_are_suppressed_than_must_be(models: Models) -> None:
    """The least number of bases that protects all targets is found by integer programming."""
    chosen, least = 0, 0
    for seed in range(12):
        survey = random_survey(seed)
        survey.measures, survey.pools, survey.suppressed = ("number_mean",), False, set()
        database = suppress(survey, models)
        for wave in ("1", "2"):
            rows = rows_of(
                database,
                f"select * from published where wave_id = '{wave}' "
                "and (has_respondents or confidentiality_status = 'A')",
            )
            cells = {(row["segment_id"], row["segment_code"]): row for row in rows}
            sums = Codebook(lambda sql, data=database: rows_of(data, sql)).sums
            chosen += sum(row["confidentiality_status"] == "D" for row in rows)
            least += fewest_to_suppress(cells, sums)
    assert least > 0
    assert least <= chosen <= 2 * least


def fewest_to_suppress(
    cells: dict[tuple[str, str], dict], sums: list[tuple[tuple[str, str], list[tuple[str, str]]]]
) -> int:
    """Find how many cells must be suppressed so that no sum tells a target.

    For each target, a change of the suppressed cells must exist that no sum shows.
    """
    keys = list(cells)
    places = {key: place for place, key in enumerate(keys)}
    relations = []
    for whole, parts in sums:
        if whole in cells:
            relation = np.zeros(len(keys))
            relation[places[whole]] = -1
            for part in parts:
                # an empty cell is known to be empty, unless the rule suppresses it
                if part in cells:
                    relation[places[part]] = 1
            relations.append(relation)
    targets = [key for key in keys if cells[key]["confidentiality_status"] == "A"]
    n, size = len(keys), len(targets)
    if not targets:
        return 0
    # variables: which cells are suppressed, then for each target the change of every cell
    constraints, low, high = [], [], []
    for number, target in enumerate(targets):
        start = n * (number + 1)
        for relation in relations:
            row = np.zeros(n * (size + 1))
            row[start : start + n] = relation
            constraints.append(row)
            low.append(0.0)
            high.append(0.0)
        for place in range(n):
            for sign in (1, -1):
                row = np.zeros(n * (size + 1))
                row[start + place], row[place] = sign, -10
                constraints.append(row)
                low.append(-np.inf)
                high.append(0.0)
        row = np.zeros(n * (size + 1))
        row[start + places[target]] = 1
        constraints.append(row)
        low.append(1.0)
        high.append(1.0)
    is_target = np.array([key in targets for key in keys], dtype=float)
    cost = np.concatenate([1 - is_target, np.zeros(n * size)])
    bounds = Bounds(
        np.concatenate([is_target, np.full(n * size, -10.0)]),
        np.concatenate([np.ones(n), np.full(n * size, 10.0)]),
    )
    solution = milp(
        cost,
        constraints=LinearConstraint(np.array(constraints), low, high),
        integrality=np.concatenate([np.ones(n), np.zeros(n * size)]),
        bounds=bounds,
        options={"time_limit": 20},
    )
    assert solution.status == 0
    return round(solution.fun)
