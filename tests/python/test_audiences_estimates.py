"""An audience that reads answers of some waves estimates as all do, and of these waves alone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

import wavehouse.audiences.files
from wavehouse.audiences.files import Release, write_audiences
from wavehouse.audiences.grants import Audience, RowGrant
from wavehouse.errors import WavehouseError
from wavehouse.estimating.estimates import estimate
from wavehouse.estimating.questions import Question
from wavehouse.project import Project

STUDY, WAVES = "bsa", ("1983", "1984")
PEOPLE = {
    *("fct_answers", "fct_respondents", "fct_respondent_weights", "fct_replicate_weights"),
    *("wide_api", "wide_bsa", "wide_gss", "wide_nhanes"),
}
# Of studies and waves that are hidden.
HIDDEN = ("api_score", "california", "bsa panel 1985", "bsa panel 1986")


@pytest.fixture(scope="module")
def opened(
    published: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The files of an audience that reads two waves of one study."""
    folder = tmp_path_factory.mktemp("some")
    rows = [RowGrant(STUDY, wave) for wave in WAVES]
    some = Audience("some", "Some", False, rows, {"estimates", "dictionary", "answers"})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wavehouse.audiences.files, "read_audiences", lambda *_: [some])
        database = (published.warehouse / "current/wavehouse.duckdb").resolve()
        release = Release("r", "2030-01-01T00:00:00+00:00", database, {}, PEOPLE, date(2030, 1, 1))
        write_audiences(folder, release, published.working_database)
    with duckdb.connect() as connection:
        for part in ("aggregates", "microdata"):
            file = Path(folder, "audiences", part, "some.duckdb")
            connection.execute(f"attach '{file}' as {part} (read_only)")
        yield connection


def test_estimates_are_those_that_are_published(opened: duckdb.DuckDBPyConnection) -> None:
    asked = estimate(opened, Question(("abortion_support_mean",), by=("sex",))).to_pylist()
    assert {row["wave_id"] for row in asked} == set(WAVES)
    declared = opened.execute(
        "select wave_id, category_code, segment_code, estimate, standard_error "
        "from aggregates.marts.fct_trend_estimates "
        "where measure_id = 'abortion_support_mean' and segment_id = 'sex' order by all"
    ).fetchall()
    names = ("wave_id", "category_code", "by_sex", "estimate", "standard_error")
    found = sorted(tuple(row[name] for name in names) for row in asked)
    for own, published_row in zip(found, declared, strict=True):
        assert own[:3] == published_row[:3]
        assert own[3:] == pytest.approx(published_row[3:], rel=1e-12, abs=0)
    assert len(declared) == 2 * len(WAVES)


def test_measures_of_other_studies_are_not_known(opened: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(WavehouseError, match="There is no measure 'api_score_mean'"):
        estimate(opened, Question(("api_score_mean",)))


def test_no_table_tells_of_what_is_hidden(opened: duckdb.DuckDBPyConnection) -> None:
    told = []
    for name in opened.execute(
        "select database_name || '.' || schema_name || '.' || table_name from duckdb_tables()"
    ).fetchall():
        said = repr(opened.execute(f"select * from {name[0]}").fetchall()).lower()
        told += [(name[0], word) for word in HIDDEN if word in said]
    assert told == []
