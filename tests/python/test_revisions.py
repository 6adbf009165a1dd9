"""Figures that a later release changed are told, with the reason, and nothing else is."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from workbench import (
    add_codebook_rows,
    codebook_rows,
    copy_built,
    query,
    read_rows,
    run_dbt,
    run_wavehouse,
    set_codebook_rows,
    write_rows,
)

from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse.publishing.publish import PassedBuild, passed_build, publish

# British Social Attitudes: the waves in order.
WAVES = ("1983", "1984", "1985", "1986")


def build(project: Project) -> None:
    run = run_wavehouse(project, "build", "--force")
    assert run.exit_code == 0, run.output[-5000:]


def revisions(project: Project) -> list[dict[str, Any]]:
    """Give the published revisions."""
    database = str(project.warehouse / "wavehouse.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        found = connection.sql("from marts.fct_revisions order by all")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def correct_an_answer(project: Project) -> None:
    """Deliver a wave again, in which one respondent has another party."""
    path = project.waves / "bsa/bsa_1984.csv"
    rows = read_rows(path)
    labour = next(row for row in rows if row["party"] == "labour")
    labour["party"] = "conservative"
    write_rows(path, list(rows[0]), rows)


def recode_class(project: Project) -> None:
    """Let a code of the social class mean another category, from 1985 on."""
    rows = codebook_rows(project, "crosswalk")
    (code,) = (
        row
        for row in rows
        if (row["study_id"], row["crosswalk_id"], row["source_code"])
        == ("bsa", "social_class", "upper working")
    )
    later = {**code, "valid_from_wave": "1985", "category_code": "lower_working"}
    code["valid_to_wave"] = "1984"
    set_codebook_rows(project, "crosswalk", [*rows, later])


def edit_labels(project: Project) -> None:
    """Change texts that change no number."""
    for table, column in (("measures", "description"), ("categories", "category_label")):
        rows = [{**row, column: f"{row[column]} (edited)"} for row in codebook_rows(project, table)]
        set_codebook_rows(project, table, rows)


def declare_a_break(project: Project) -> None:
    """Say that the wording changed in 1986."""
    add_codebook_rows(
        project,
        {
            "breaks": [
                {
                    "break_id": "made_up",
                    "study_id": "bsa",
                    "wave_id": "1986",
                    "variable_id": "abortion_support",
                    "break_kind": "wording",
                    "severity": "soft",
                    "description": "Made up.",
                }
            ]
        },
    )


@pytest.fixture(scope="module")
def revised(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The published project, in which a wave, a code, texts and a break were changed."""
    project = copy_built(published, Path(tmp_path_factory.mktemp("revised")) / "project")
    assert revisions(project) == []
    correct_an_answer(project)
    recode_class(project)
    edit_labels(project)
    declare_a_break(project)
    build(project)
    return project


def test_each_revision_has_the_reason_that_was_made(revised: Project) -> None:
    rows = [row for row in revisions(revised) if row["study_id"] == "bsa"]
    found = {
        (row["period_grain"], row["period_id"], row["measure_id"], row["reason"]) for row in rows
    }
    assert found == {
        ("wave", "1984", "party_share", "data"),
        ("wave", "1985", "social_class_share", "codebook"),
        ("wave", "1986", "social_class_share", "codebook"),
        ("wave", "1986", "abortion_support_mean", "break"),
        # pools of two waves have the reasons of both
        ("pooled_2", "1984", "party_share", "data"),
        ("pooled_2", "1985", "party_share", "data"),
        ("pooled_2", "1985", "social_class_share", "codebook, data"),
        ("pooled_2", "1986", "social_class_share", "codebook"),
        ("pooled_2", "1986", "abortion_support_mean", "break"),
    }
    # Nobody can choose the category any more that the code stood for.
    kinds = {
        (row["category_code"], row["revision_kind"], row["to_observation_status"])
        for row in rows
        if row["measure_id"] == "social_class_share" and row["revision_kind"] != "status"
    }
    assert kinds == {
        ("upper_working", "hidden", "L"),
        ("lower_working", "figure", "A"),
        ("lower_working", "figure", "U"),
    }
    parties = [row for row in rows if row["measure_id"] == "party_share"]
    assert {row["category_code"] for row in parties} <= {"labour", "conservative"}
    assert {row["segment_id"] for row in parties} >= {"total", "sex"}
    for row in rows:
        if row["measure_id"] == "abortion_support_mean":
            assert row["from_estimate"] == row["to_estimate"] is not None
            assert (row["from_observation_status"], row["to_observation_status"])[1] == "B"


def test_revisions_are_those_of_the_two_releases(revised: Project) -> None:
    """Both files say the same as the rows of the mart, figure by figure."""
    first, second = kept_releases(revised)
    key = "study_id, wave_id, measure_id, category_code, segment_id, segment_code"
    figures = [
        {
            tuple(row[:6]): row[6]
            for row in duckdb.sql(
                f"select {key}, estimate from '{release.table('fct_trend_estimates')}'"
            ).fetchall()
        }
        for release in (first, second)
    ]
    expected = {
        cell: (before, figures[1][cell])
        for cell, before in figures[0].items()
        if before is not None
        and figures[1][cell] is not None
        and abs(before - figures[1][cell]) > 1e-9
    }
    found = {
        (
            *(row["study_id"], row["period_id"], row["measure_id"], row["category_code"]),
            *(row["segment_id"], row["segment_code"]),
        ): (row["from_estimate"], row["to_estimate"])
        for row in revisions(revised)
        if row["period_grain"] == "wave" and row["from_estimate"] != row["to_estimate"]
    }
    assert found == expected
    assert expected
    assert {(row["from_release"], row["to_release"]) for row in revisions(revised)} == {
        (first.release_id, second.release_id)
    }


def test_a_build_that_changes_nothing_adds_nothing_and_loses_nothing(revised: Project) -> None:
    before = revisions(revised)
    build(revised)
    assert len(kept_releases(revised)) == 3
    assert revisions(revised) == before
    # The same build once more: its revisions are those of the release that made them.
    publish(revised, passed_build(revised))
    assert revisions(revised) == before


def test_the_same_build_published_twice_names_the_first_release(
    published: Project, tmp_path: Path
) -> None:
    project = copy_built(published, tmp_path / "project")
    (first,) = kept_releases(project)
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute(
            "insert into marts.fct_revisions (from_release, study_id, period_grain, period_id, "
            "measure_id, category_code, segment_id, segment_code, revision_kind, reason) "
            f"values ('{first.release_id}', 's', 'wave', 'w', 'm', 'c', 'g', 'a', 'figure', 'data')"
        )
    tables = [table["name"] for table in first.manifest["tables"]]
    releases = [
        publish(project, PassedBuild.of(project, "these", tables))["release"] for _ in range(2)
    ]
    ((row),) = revisions(project)
    assert (row["from_release"], row["to_release"]) == (first.release_id, releases[0])


def test_a_release_from_before_there_were_fingerprints_gives_no_reason(
    published: Project, tmp_path: Path
) -> None:
    """Its files lack both tables; what differs from it is told all the same."""
    project = copy_built(published, tmp_path / "project")
    folder = (project.warehouse / "current").resolve() / "parquet"
    for table in ("fct_revisions", "dictionary_fingerprints"):
        (folder / f"{table}.parquet").unlink()
    file = folder / "fct_trend_estimates.parquet"
    file.chmod(0o644)
    with duckdb.connect() as connection:
        connection.execute(
            "create table estimates as select * replace (case when measure_id = 'party_share' "
            f"then estimate / 2 else estimate end as estimate) from '{file}'"
        )
        connection.execute(
            f"copy estimates to '{file}' (format parquet, kv_metadata {{wavehouse_release: 'old'}})"
        )
    read = [
        f"int_revisions__published_{each}+" for each in ("estimates", "fingerprints", "revisions")
    ]
    run = run_dbt(project, "run", "--select", *read)
    assert run.exit_code == 0, run.output[-3000:]
    rows = query(project, "from marts.fct_revisions")
    assert {
        (row["measure_id"], row["from_release"], row["to_release"], row["reason"]) for row in rows
    } == {("party_share", "old", None, "other")}


def test_nothing_is_revised_before_the_first_publish(
    published: Project, overlay_on_duckdb: Project
) -> None:
    assert revisions(published) == []
    # No release stands beside the overlay, which is built by plain dbt.
    assert not overlay_on_duckdb.warehouse.exists()
    assert query(overlay_on_duckdb, "from marts.fct_revisions") == []
