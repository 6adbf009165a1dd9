"""The scan for HIPAA's eighteen identifiers: each is found, and nothing is that is none."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from small_people import write

from wavehouse.people.identifiers import IDENTIFIERS, scan
from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, publish

N_ROWS = 20
# Columns by the identifier that they hold, each with the value of a row.
HOLDING: dict[str, dict[str, Callable[[int], str]]] = {
    "A": {"first_name": lambda n: f"Anna{chr(97 + n)} Berg{chr(97 + n)}"},
    "B": {"zip_code": lambda n: str(90210 + n), "county": lambda n: f"Shire{chr(97 + n)}"},
    "C": {"visit": lambda n: f"2031-03-{n + 1:02}", "age": lambda n: str(74 + n)},
    "D": {"contact": lambda n: f"+1 555 010 {1000 + n}"},
    "E": {"fax": lambda n: str(5550200 + n)},
    "F": {"reply_to": lambda n: f"p{n}@example.org"},
    "G": {"ssn": lambda n: f"123-45-{6780 + n}"},
    "H": {"mrn": lambda n: str(880010 + n)},
    "I": {"medicare_id": lambda n: f"1EG4-TE5-MK{70 + n}"},
    "J": {
        "payout": lambda n: f"DE89 3704 0044 0532 0130 {n:02}",
        "account_no": lambda n: str(700 + n),
    },
    "K": {"license_no": lambda n: f"D{400 + n}"},
    "L": {"vin": lambda n: f"1HGCM82633A0043{n:02}"},
    "M": {"device_id": lambda n: f"SN-{n}-{n * 7}"},
    "N": {"profile": lambda n: f"https://example.org/u/{n}"},
    "O": {"origin": lambda n: f"192.0.2.{n + 1}"},
    "P": {"fingerprint": lambda n: f"{n * 7919:08x}"},
    "Q": {"photo": lambda n: f"img{n}.jpg"},
    "R": {"person": lambda n: f"id-{n}"},
}
HARMLESS: dict[str, Callable[[int], str]] = {
    "satisfaction": lambda n: str(n % 5 + 1),
    "hours": lambda n: str(n * 2),
    "owns_device": lambda n: ("yes", "no")[n % 2],
    "city_size": lambda n: ("large", "small")[n % 2],
    "empty_photo": lambda _: "",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a wave that has a column for each identifier, and a release."""
    root = tmp_path / "project"
    write(root / "dbt_project.yml", "name: wavehouse\n")
    codebook = root / "seeds" / "codebook"
    write(
        codebook / "waves.csv",
        "study_id,wave_id,wave_number,wave_label,design_id,delivered_as\n"
        "panel,2030,1,Wave,by_id,seed\n",
    )
    write(
        codebook / "design_columns.csv",
        "design_id,design_role,weight_id,position,source_column\nby_id,respondent,,1,person\n",
    )
    columns = {name: of for each in HOLDING.values() for name, of in each.items()} | HARMLESS
    lines = [",".join(columns)]
    lines += [",".join(of(n) for of in columns.values()) for n in range(N_ROWS)]
    write(root / "seeds" / "waves" / "panel" / "panel_2030.csv", "\n".join(lines) + "\n")
    return Project(root)


def test_each_identifier_is_found_and_nothing_else(project: Project) -> None:
    found = scan(project)
    wanted = {(name, letter) for letter, columns in HOLDING.items() for name in columns}
    assert HOLDING.keys() == IDENTIFIERS.keys()
    assert {(each.column, each.identifier) for each in found} >= wanted
    assert not {each.column for each in found} & HARMLESS.keys()
    assert all(each.place == "seeds/waves/panel/panel_2030.csv" for each in found)


def test_no_value_is_shown(project: Project) -> None:
    said = "\n".join(map(str, scan(project)))
    for columns in HOLDING.values():
        for of in columns.values():
            assert not any(of(n) in said for n in range(N_ROWS) if len(of(n)) > 3)


def test_what_is_published_is_looked_at(
    project: Project, run_command: Callable[..., tuple[int, str]]
) -> None:
    project.target.mkdir()
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute(
            "create schema marts; create table marts.fct_respondents as select 'panel' as study_id,"
            "'2030' as wave_id, md5(i::text) as respondent_key, date '2031-03-01' + i::int as "
            "interview_date, 70 + i as age, i % 3 as mood from range(25) as r (i);"
            "create table marts.fct_trend_estimates as select 'panel' as study_id, 95 as age"
        )
    build = PassedBuild.of(project, "one", ["fct_respondents", "fct_trend_estimates"])
    build.save(project)
    publish(project, build)
    found = {(s.place, s.column, s.identifier) for s in scan(project) if s.is_published}
    table = "marts.fct_respondents"
    assert found == {
        *((table, "respondent_key", "R"), (table, "interview_date", "C"), (table, "age", "C")),
    }
    code, said = run_command(project, "identifiers", "--published")
    assert code == 1
    assert "3 columns may hold an identifier: 2 of 18 kinds (C, R)." in said
    code, said = run_command(project, "identifiers", "other")
    assert (code, said) == (0, "0 columns may hold an identifier.\n")
