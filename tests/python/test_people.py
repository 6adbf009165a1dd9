"""What may tell who somebody is: found, asked about, left out, and left out again."""

import csv
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml
from workbench import codebook_rows, copy_project, keep_studies

from wavehouse.cli import main
from wavehouse.project import Project
from wavehouse_exchange.landing.options import parsed
from wavehouse_exchange.onboarding.draft import PRE_ACCEPTED, SURE, read_draft
from wavehouse_exchange.onboarding.people import SHORT_TEXTS, personal_data
from wavehouse_exchange.onboarding.profile import ColumnProfile, profile_seed

RunCommand = Callable[..., tuple[int, str]]
PEOPLE = 60


def profiled(
    folder: Path, name: str, values: list[str], label: str = "", labels: Mapping[str, str] = {}
) -> ColumnProfile:
    """A delivered column with a label."""
    seed = folder / "s_1.csv"
    with seed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[name], *([value] for value in values)])
    profile = profile_seed(seed, "s", "1").columns[name]
    return ColumnProfile(**{**vars(profile), "label": label, "value_labels": labels})


def several(pattern: str, different: int = 50) -> list[str]:
    """Sixty values of one shape, some of them twice."""
    return [pattern.format(n=n % different, m=n * 37 % 90 + 10) for n in range(PEOPLE)]


SHAPES = [
    ("x1", "person{n}@example.org", "e-mail address"),
    ("x2", "+44 20 7946 0{m}{n}", "telephone number"),
    ("x3", "030/1234-{m}{n}", "telephone number"),
    ("x4", "52.{m}11{n}, 13.4{m}{n}", "coordinates"),
    ("x5", "10.0.{n}.{m}", "address in a network"),
    ("x6", "DE{m}3704 0044 0532 0130 {m}", "number of an identity document"),
    ("x7", "I would say that number {n} is what matters to people here", "free text"),
]


@pytest.mark.parametrize(("name", "pattern", "what"), SHAPES)
def test_people_are_found_by_the_shape_of_values(
    tmp_path: Path, name: str, pattern: str, what: str
) -> None:
    found = personal_data(profiled(tmp_path, name, several(pattern)))
    assert found is not None
    assert found.what == what


@pytest.mark.parametrize(
    ("name", "label", "pattern", "what"),
    [
        ("Q1", "Respondent's telephone number", "5550{m}{n}", "telephone number"),
        ("TEL", "", "5550{m}{n}", "telephone number"),
        ("mobilePhone", "", "5550{m}{n}", "telephone number"),
        ("Q2", "Wie lautet Ihr Nachname?", "M\u00fcller{n}", "name"),
        ("prenom", "", "Zo\u00e9{n}", "name"),
        ("Q3", "Apellidos", "Garc\u00eda{n}", "name"),
        (
            "Q4",
            "\u0627\u0644\u0627\u0633\u0645 \u0627\u0644\u0643\u0627\u0645\u0644",
            "\u0639\u0644\u064a{n}",
            "name",
        ),
        ("Q5", "\u60a8\u7684\u59d3\u540d\uff1f", "\u738b{n}", "name"),
        ("Q6", "Adres zamieszkania", "Lipowa {n}", "address"),
        ("gps_lat", "", "52.{m}1{n}", "coordinates"),
        ("Q7", "N\u00famero de identidad (DNI)", "1234{m}{n}", "number of an identity document"),
        (
            "Q8",
            "\u0414\u0430\u0442\u0430 \u0440\u043e\u0436\u0434\u0435\u043d\u0438\u044f",
            "19{m}-03-12",
            "date of birth",
        ),
        ("Q9_OTHER", "Other reason (verbatim)", "Rain{n}", "free text"),
    ],
)
def test_people_are_found_by_name_and_label_in_several_languages(
    tmp_path: Path, name: str, label: str, pattern: str, what: str
) -> None:
    found = personal_data(profiled(tmp_path, name, several(pattern), label))
    assert found is not None
    assert found.what == what


def test_a_value_of_its_own_for_each_respondent_is_found(tmp_path: Path) -> None:
    values = [str(100_000 + n * 7919) for n in range(PEOPLE)]
    found = personal_data(profiled(tmp_path, "panelno", values))
    assert found is not None
    assert found.what == "value of its own for each respondent"


@pytest.mark.parametrize(
    ("name", "label", "values"),
    [
        ("Q1", "Do you have a telephone at home?", ["1", "2"]),
        ("Q2", "How many telephones are there?", [str(n) for n in range(20)]),
        ("Q3", "Name of the party you voted for", [str(n) for n in range(20)]),
        ("region", "Region", [f"R{n:02}" for n in range(20)]),
        ("age", "Age", [str(18 + n) for n in range(50)]),
        (
            "started",
            "Start of interview",
            [f"2024-05-{1 + n % 28:02}T10:{n:02}:00" for n in range(60)],
        ),
        ("income", "Income", [str(1000 + 50 * n) for n in range(30)]),
    ],
)
def test_questions_about_such_things_are_no_people(
    tmp_path: Path, name: str, label: str, values: list[str]
) -> None:
    column = profiled(tmp_path, name, [values[n % len(values)] for n in range(PEOPLE * 2)], label)
    assert personal_data(column) is None


def people(
    folder: Path,
    name: str,
    phone_label: str = "Telephone number of the respondent",
    youngest: int = 18,
) -> Path:
    """A file of 60 people with a telephone number, an e-mail address and two questions."""
    frame = pd.DataFrame(
        {
            "id": [float(n) for n in range(1, PEOPLE + 1)],
            "phone": [f"+44 20 7946 0{n:03}" for n in range(PEOPLE)],
            "mail": [f"p{n}@example.org" for n in range(PEOPLE)],
            "happy": [float(1 + n % 3) for n in range(PEOPLE)],
            "age": [float(youngest + n % 30) for n in range(PEOPLE)],
        }
    )
    path = folder / name
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels=["Id", phone_label, "E-mail", "Happiness", "Age in years"],
        variable_value_labels={"happy": {1.0: "Very", 2.0: "Fairly", 3.0: "Not"}},
    )
    return path


STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--producer", "The town", "--universe", "Adults", "--citation", "Town", "--terms", "None."),
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("people")
    project = copy_project(folder / "project")
    keep_studies(project, [])
    return project


@pytest.fixture
def clean(bare: Project, tmp_path: Path) -> Project:
    return Project(Path(shutil.copytree(bare.root, tmp_path / "project")))


def run(project: Project, *words: str) -> None:
    assert main(["--project-dir", str(project.root), *words]) == 0


def landed_columns(project: Project, wave: str) -> list[str]:
    path = project.landing / "town" / wave / "answers.parquet"
    found = duckdb.sql(f"describe select * from read_parquet('{path}')").fetchall()
    return [row[0] for row in found]


def everything_kept(project: Project) -> bytes:
    """All bytes of landing, drafts and codebook."""
    folders = [project.landing, project.root / "drafts", project.codebook]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def draft(project: Project, wave: str) -> dict:
    path = project.root / f"drafts/town_{wave}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_people_are_asked_about_and_left_out_from_then_on(
    clean: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = people(tmp_path, "town_1.sav")
    run(clean, "new-study", "town", "1", str(first), *STUDY, "--as", "landing")
    found = {
        p["subject"]: p for p in draft(clean, "1")["proposals"] if p["kind"] == "personal_data"
    }
    assert set(found) == {"phone", "mail"}
    # What is kept for worksheets and pages, and the draft itself, hold no value of theirs.
    beside = [*clean.root.joinpath("drafts").iterdir(), *clean.target.joinpath("review").iterdir()]
    assert not any(b"7946" in path.read_bytes() for path in beside)
    assert all(p["decision"] == "open" for p in found.values())
    assert all(float(p["confidence"]) < min(SURE, PRE_ACCEPTED) for p in found.values())
    run(clean, "decide", "town", "1", "sure", "accept")
    still = {p["subject"] for p in draft(clean, "1")["proposals"] if p["decision"] == "open"}
    assert {"phone", "mail"} <= still

    ids = [p["id"] for p in draft(clean, "1")["proposals"] if p["decision"] == "open"]
    run(clean, "decide", "town", "1", ",".join(ids), "accept")
    run(clean, "apply", "town", "1")
    assert "Removed from the delivered files: phone, mail" in capsys.readouterr().out
    assert landed_columns(clean, "1") == ["id", "happy", "age"]
    kept = everything_kept(clean)
    assert b"@example.org" not in kept
    assert b"7946" not in kept
    (delivery,) = codebook_rows(clean, "deliveries")
    assert parsed(delivery["reading_options"]).leave_out == ("mail", "phone")
    kinds = {r["source_column"]: r["waiver_kind"] for r in codebook_rows(clean, "waived_columns")}
    assert kinds == {"phone": "personal_data", "mail": "personal_data"}

    second = people(tmp_path, "town_2.sav", youngest=19)
    run(clean, "add-wave", "town", "2", str(second), "--date", "2024-05-01")
    assert landed_columns(clean, "2") == ["id", "happy", "age"]
    assert "phone" not in {p["subject"] for p in draft(clean, "2")["proposals"]}
    # The same files again are the same delivery.
    run(clean, "add-wave", "town", "2", str(second), "--date", "2024-05-01")
    assert "left as it is" in capsys.readouterr().out


def test_what_is_rejected_is_taken_as_any_other_column(clean: Project, tmp_path: Path) -> None:
    first = people(tmp_path, "town_1.sav")
    run(clean, "new-study", "town", "1", str(first), *STUDY, "--as", "seed", "--leave-out", "MAIL")
    header = (clean.waves / "town/town_1.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "id,phone,happy,age"
    (asked,) = [p for p in draft(clean, "1")["proposals"] if p["kind"] == "personal_data"]
    assert asked["if_rejected"][0]["add"]["source_column"] == "phone"
    ids = [p["id"] for p in draft(clean, "1")["proposals"] if p["decision"] == "open"]
    run(clean, "decide", "town", "1", ",".join(ids), "accept")
    run(clean, "apply", "town", "1")
    text = (clean.waves / "town/town_1.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "id,happy,age"
    assert len(text.splitlines()) == PEOPLE + 1


def test_a_column_to_leave_out_that_no_file_has_is_an_error(
    clean: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = people(tmp_path, "town_1.sav")
    words = ("new-study", "town", "1", str(first), *STUDY, "--leave-out", "telephone")
    assert main(["--project-dir", str(clean.root), *words]) != 0
    said = capsys.readouterr()
    assert "--leave-out telephone: no file has a column telephone" in said.out + said.err
    assert not (clean.landing / "town" / "1").exists()


def drawn(values: list[str], size: int = 600) -> list[str]:
    """Draw values as people have them: a few are common and most are rare."""
    draw = np.random.default_rng(4)
    weights = 1 / np.arange(1, len(values) + 1)
    return [str(value) for value in draw.choice(values, size, p=weights / weights.sum())]


def made_of_syllables(count: int) -> list[str]:
    parts = ("ka", "lo", "mir", "ne", "sta", "vi", "ros", "den", "ul", "ti")
    return [
        f"{one}{two}{three}".capitalize() for one in parts for two in parts for three in parts[:4]
    ][:count]


SHORT = {
    "first names": made_of_syllables(250),
    "surnames in capitals": [name.upper() + "SKI" for name in made_of_syllables(300)],
    "towns of two words": [f"Bad {name}" for name in made_of_syllables(120)],
    "domains": [f"{name.lower()}.example" for name in made_of_syllables(90)],
    "names in Chinese": [chr(0x738B + n) + chr(0x660E + n) for n in range(120)],
}


@pytest.mark.parametrize("values", SHORT.values(), ids=SHORT)
def test_short_open_answers_are_flagged_without_a_telling_name(
    tmp_path: Path, values: list[str]
) -> None:
    found = personal_data(profiled(tmp_path, "Q7", drawn(values)))
    assert found is not None
    assert found.what == SHORT_TEXTS


CHOSEN = {
    "regions": drawn([f"{name} Region" for name in made_of_syllables(16)]),
    "countries as codes": drawn([f"{a}{b}" for a in "ABCDEFGH" for b in "XYZUVW"]),
    "three letters": drawn([f"{a}{b}C" for a in "ABCDEFGH" for b in "XYZUVW"]),
    "numbered codes": drawn([f"item{n}" for n in range(80)]),
    "times of day": drawn([f"{h}:{m:02d}" for h in range(8, 20) for m in (0, 15, 30, 45)]),
    "numbers and a word": drawn([*map(str, range(60)), "Refused"]),
}


@pytest.mark.parametrize("values", CHOSEN.values(), ids=CHOSEN)
def test_texts_to_choose_from_are_no_open_answers(tmp_path: Path, values: list[str]) -> None:
    assert personal_data(profiled(tmp_path, "Q7", values)) is None


def test_labelled_texts_are_codes_however_many_there_are(tmp_path: Path) -> None:
    names = made_of_syllables(60)
    labels = {name: f"The town of {name}" for name in names}
    assert personal_data(profiled(tmp_path, "Q7", drawn(names), "Town", labels)) is None


def test_short_open_answers_are_never_accepted_beforehand(
    clean: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    names = drawn(made_of_syllables(250), 200)
    path = tmp_path / "town.csv"
    lines = [f"{row},{1 + row % 3},{name}" for row, name in enumerate(names)]
    path.write_text("\n".join(["id,mood,q7", *lines]) + "\n", encoding="utf-8")
    words = ("new-study", "town", "1", str(path), "--respondent", "id", "--date", "2024-05-01")
    code, output = run_command(clean, *words)
    assert code == 0, output
    draft = read_draft(clean, "town", "1")
    (asked,) = [proposal for proposal in draft.proposals if proposal.subject == "q7"]
    assert (asked.kind, asked.decision) == ("personal_data", "open")
    assert asked.confidence < SURE
    assert asked.changes[0]["add"]["waiver_kind"] == "free_text"
    # Neither the draft nor what is shown of it has a name in it.
    run_command(clean, "review", "town", "1", "--page")
    shown = (clean.target / "review_town_1.html").read_text(encoding="utf-8")
    text = shown + (clean.root / "drafts/town_1.yml").read_text(encoding="utf-8")
    assert not [name for name in set(names) if name in text]
