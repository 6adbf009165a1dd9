"""What the contributor guide promises: a wave is a file and a row, and a variable is rows."""

from pathlib import Path

import duckdb
import pytest
from studies.grown import files_by_hand, lines_changed
from workbench import read_rows

from wavehouse.project import Project


def read(project: Project, sql: str) -> list[tuple]:
    """Read what is published."""
    path = str(project.warehouse / "wavehouse.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        return connection.sql(sql).fetchall()


def marts_by_wave(project: Project) -> dict[str, str]:
    """Give the published tables that have waves, with the column that says which."""
    return dict(
        read(
            project,
            """
            select table_name, max(column_name)
            from duckdb_columns()
            where schema_name = 'marts' and column_name in ('wave_id', 'to_wave_id')
            group by table_name
            """,
        )
    )


def test_building_wrote_nothing_by_hand(published: Project, grown: Project) -> None:
    changed = lines_changed(files_by_hand(published), files_by_hand(grown))
    assert {Path(name).parts[:2] for name in changed} == {("seeds", "codebook"), ("seeds", "waves")}


def test_a_wave_is_in_every_mart_like_the_one_before(grown: Project) -> None:
    marts = marts_by_wave(grown)
    assert {
        "dim_wave",
        "dim_question",
        "fct_answers",
        "fct_respondents",
        "fct_trend_estimates",
        "fct_trend_changes",
        "fct_wave_quality",
        "fct_question_quality",
        "dictionary_coverage",
    } <= set(marts)
    # The study has no dates of interviews, so no calendar periods either; pairs of waves become
    # more with each, what drifted differs, and wide tables are of one study each.
    # It has no breaks either, and no replicate weights.
    others = {
        "fct_period_estimates",
        "fct_replicate_weights",
        "dictionary_comparability",
        "dictionary_breaks",
        "fct_drift",
    } | {name for name in marts if name.startswith("wide_") and name != "wide_bsa"}
    for table, column in ((name, marts[name]) for name in marts if name not in others):
        counts = dict(
            read(
                grown,
                f"select {column}, count(*) from marts.{table} where study_id = 'bsa' group by all",
            )
        )
        assert counts["1987"] == counts["1986"] > 0, table
        assert counts["1988"] > 0, table


def test_the_wave_has_the_numbers_of_its_file(grown: Project) -> None:
    answers = [row["party"] for row in read_rows(grown.waves / "bsa/bsa_1987.csv")]
    shares = dict(
        read(
            grown,
            """
            select category_code, estimate
            from marts.fct_trend_estimates
            where
                study_id = 'bsa' and wave_id = '1987'
                and measure_id = 'party_share' and segment_id = 'total'
            """,
        )
    )
    assert shares == {
        code: pytest.approx(answers.count(source) / len(answers), abs=1e-12)
        for code, source in (
            ("conservative", "conservative"),
            ("labour", "labour"),
            ("alliance", "Lib/SDP/Alliance"),
            ("other", "others"),
            ("none", "none"),
        )
    }


def test_the_wave_is_compared_with_the_previous_and_the_first(grown: Project) -> None:
    pairs = read(
        grown,
        """
        select distinct comparison, from_wave_id, to_wave_id, covariance_method
        from marts.fct_trend_changes
        where
            study_id = 'bsa' and measure_id = 'party_share'
            and to_wave_id in ('1987', '1988')
        order by all
        """,
    )
    assert pairs == [
        ("first", "1983", "1987", "shared_psu"),
        ("first", "1983", "1988", "independent"),
        ("previous", "1986", "1987", "shared_psu"),
        ("previous", "1987", "1988", "independent"),
    ]


def test_the_other_waves_stay_as_they_were(published: Project, grown: Project) -> None:
    before, after = (
        read(
            project,
            """
            select * from marts.fct_trend_estimates
            where study_id in ('api', 'bsa') and wave_id not in ('1987', '1988')
                and measure_id <> 'tenure_share' and segment_id <> 'tenure'
            order by all
            """,
        )
        for project in (published, grown)
    )
    assert len(after) == len(before) > 0
    for row, same in zip(after, before, strict=True):
        assert row == tuple(
            # Sums over threads differ in their last digits.
            pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            for value in same
        )


def test_a_renamed_column_continues_its_series(grown: Project) -> None:
    columns = read(
        grown,
        """
        select wave_id, source_column
        from marts.dim_question
        where study_id = 'bsa' and variable_id = 'sex' and wave_id >= '1986'
        order by all
        """,
    )
    assert columns == [("1986", "gender"), ("1987", "gender"), ("1988", "q1")]
    counts = read(
        grown,
        """
        select category_code, count(*) filter (wave_id = '1986'), count(*) filter (wave_id = '1988')
        from marts.fct_answers
        where study_id = 'bsa' and variable_id = 'sex'
        group by all
        """,
    )
    assert len(counts) == 2
    assert all(earlier == later > 0 for _, earlier, later in counts)


def test_a_new_variable_has_its_measure_and_segment(grown: Project) -> None:
    answers = [row["q2"] for row in read_rows(grown.waves / "bsa/bsa_1988.csv")]
    owned, rented = answers.count("1"), answers.count("2")
    shares = read(
        grown,
        """
        select wave_id, category_label, round(estimate, 12), n_respondents, observation_status
        from marts.fct_trend_estimates
        where measure_id = 'tenure_share' and segment_id = 'total' and category_code = 'owned'
        order by all
        """,
    )
    # A series has a row for each wave of its study, also for those that did not ask.
    assert shares == [
        *((wave, "Owned", None, None, "L") for wave in ("1983", "1984", "1985", "1986", "1987")),
        ("1988", "Owned", round(owned / (owned + rented), 12), owned + rented, "A"),
    ]
    by_segment = read(
        grown,
        """
        select segment_value_label, n_respondents
        from marts.fct_trend_estimates
        where
            wave_id = '1988' and segment_id = 'tenure'
            and measure_id = 'party_share' and category_code = 'labour'
        order by all
        """,
    )
    assert by_segment == [("Owned", owned), ("Rented", rented)]
    respondents = read(
        grown,
        """
        select segment_tenure, count(*)
        from marts.fct_respondents
        where study_id = 'bsa' and wave_id = '1988'
        group by all
        order by all
        """,
    )
    assert respondents == [("Owned", owned), ("Rented", rented), (None, answers.count("8"))]
    quality = read(
        grown,
        "select n_dont_know, n_valid from marts.fct_question_quality where variable_id = 'tenure'",
    )
    assert quality == [(answers.count("8"), owned + rented)]
