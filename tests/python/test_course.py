"""The course: its queries give what stands below them, and its exercises tell right from wrong."""

import re
import subprocess
import sys
from pathlib import Path

import documentation as docs
import pytest
from workbench import ROOT

from wavehouse.building.fingerprint import fingerprint
from wavehouse.cli import main
from wavehouse.project import Project

sys.path.insert(0, str(ROOT / "docs/course"))
import course
import measures

# They read what the checkout has published.
pytestmark = pytest.mark.usefixtures("checkout")

LESSONS = course.names()
NUMBERS = sorted(LESSONS)
FILES = [course.FOLDER / "README.md", *(course.FOLDER / f"{name}.md" for name in LESSONS.values())]
PARTS = [
    *("Where it is done", "Why", "What it costs", "See it", "Exercise", "Read on"),
]
# Folders that commands make.
MADE = ("target", "warehouse", "logs", ".venv")
# Read in five minutes, by somebody who reads 200 words a minute and skips queries and books.
WORDS = 600
WORDS_OF_SENTENCE = 45

# What people answer who have not understood the lesson, and what they are told.
WRONG = {
    1: [
        (
            # Values of all people, in place of those of one person.
            "select column_name, count(distinct code) as n_people from (unpivot (select * exclude "
            "(rownames, year, respond) from read_csv('seeds/waves/bsa/*.csv', all_varchar = true)) "
            "on columns(*) into name column_name value code) group by column_name",
            r"column_name district: `n_people` is 54, which is not right\.",
        ),
    ],
    2: [
        (
            # Rows that are repeated, in place of values.
            "select 'person_key' as candidate, count(*) as n_repeated from marts.fct_respondents "
            "where study_id = 'bsa'",
            r"candidate respondent_key is missing\.",
        ),
        (
            "select * from (values ('respondent_key', 0), ('person_key', 1056), "
            "('person_key, wave_id', 0)) as found (candidate, n_repeated)",
            r"candidate person_key: `n_repeated` is 1056, which is not right\.",
        ),
    ],
    3: [
        (
            # The number as text.
            "select wave_id, max(source_code) as largest_number, max(source_code) as largest_text "
            "from marts.fct_answers where variable_id = 'tv_hours' group by wave_id",
            r"wave_id 1994: `largest_number` is 9, which is not right\.",
        ),
    ],
    4: [
        (
            # Pairs that are there.
            "select wave_id, variable_id from marts.dim_question where study_id = 'gss'",
            r"wave_id \d+, variable_id voted_bush_200[04] is missing\.",
        ),
        (
            # All pairs.
            "select wave_id, variable_id from marts.dim_wave cross join (select distinct "
            "variable_id from marts.dim_question where study_id = 'gss') where study_id = 'gss'",
            r"variable_id \w+ does not belong there\.",
        ),
    ],
    5: [
        (
            # A join on a part of the key.
            "select wave_label, c.category_label, count(*) as n_answers from marts.fct_answers "
            "as a join marts.dim_wave using (study_id, wave_id) join marts.dim_category as c "
            "using (category_code) where study_id = 'bsa' and a.variable_id = 'party' group by all",
            r"category_label (Another religion|Other) does not belong there\.",
        ),
        (
            # Waves of all studies, by their id alone.
            "select w.wave_label, a.category_label, count(*) as n_answers from marts.fct_answers "
            "as a cross join marts.dim_wave as w where a.study_id = 'bsa' and w.study_id = 'bsa' "
            "and variable_id = 'party' group by all",
            r"category_label Conservative: `n_answers` is 400, which is not right\.",
        ),
    ],
    6: [
        (
            # A blank as 0.
            "select year as wave_id, count(*) as n_respondents, "
            "avg(coalesce(tvhours::double, 0)) as estimate from read_csv('seeds/waves/gss/*.csv', "
            "all_varchar = true, union_by_name = true) group by year",
            r"wave_id 1994: `n_respondents` is 2977, which is not right\.",
        ),
    ],
    7: [
        (
            # Universes of all waves.
            "select variable_id, universe from marts.dictionary_questions "
            "where study_id = 'gss' and universe <> 'All respondents'",
            r"variable_id tv_hours is there 7 times\.",
        ),
    ],
    8: [
        (
            # Blocks that begin or end with the wave.
            "select wave_id, count(*) as n_blocks from marts.dim_wave join parquet_metadata("
            "'warehouse/parquet/fct_answers.parquet') on wave_id in (stats_min, stats_max) "
            "where study_id = 'gss' and path_in_schema = 'wave_id' group by wave_id",
            r"wave_id 1994 is missing\.",
        ),
        (
            # All columns' zone maps.
            "select wave_id, count(*) as n_blocks from marts.dim_wave join parquet_metadata("
            "'warehouse/parquet/fct_answers.parquet') on wave_id between stats_min and stats_max "
            "where study_id = 'gss' group by wave_id",
            r"`n_blocks` is \d+, which is not right\.",
        ),
    ],
    9: [
        (
            # Columns put together by their place.
            "select right(replace(filename, '.csv', ''), 4) as wave_id, count(*) as n_schools, "
            "avg(api99::double) as mean_score from read_csv('seeds/waves/api/*.csv', "
            "all_varchar = true, union_by_name = true, filename = true) group by all",
            r"wave_id 2000: `mean_score` is null, which is not right\.",
        ),
    ],
    10: [
        (
            # The mean of two means.
            "select wave_id, n + lag(n) over (order by wave_id) as n_respondents, "
            "(m + lag(m) over (order by wave_id)) / 2 as estimate from (select wave_id, "
            "count(numeric_value) as n, avg(numeric_value) as m from marts.fct_answers "
            "where study_id = 'gss' and variable_id = 'tv_hours' group by wave_id) "
            "qualify n_respondents is not null",
            r"wave_id 1996: `estimate` is 2\.89\d+, which is not right\.",
        ),
    ],
    11: [
        (
            # The weights of the design.
            "select count(*) as n_schools, avg(numeric_value) as plain_mean, "
            "sum(weight * numeric_value) / sum(weight) as weighted_mean from marts.fct_answers "
            "join marts.fct_respondents using (respondent_key) where fct_answers.study_id = 'api' "
            "and fct_answers.wave_id = '2000' and variable_id = 'api_score'",
            r"n_schools 183: `weighted_mean` is 644\.16\d+, which is not right\.",
        ),
    ],
    12: [
        (
            # As if people had been drawn one by one.
            "select 54 as n_districts, avg(numeric_value) as estimate, "
            "stddev_samp(numeric_value) / sqrt(count(*)) as standard_error "
            "from marts.fct_answers where study_id = 'bsa' and wave_id = '1983' "
            "and variable_id = 'abortion_support'",
            r"n_districts 54: `standard_error` is 0\.107\d+, which is not right\.",
        ),
    ],
}


def text_of(number: int) -> str:
    """Read a lesson."""
    return (course.FOLDER / f"{LESSONS[number]}.md").read_text(encoding="utf-8")


def task_of(number: int) -> str:
    """Read the task of an exercise, without the query that a learner may have written below it."""
    lines = course.exercise(number).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith("--"))


def solution_of(number: int) -> str:
    """Read the solution of an exercise."""
    return course.solution(number).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Give the words of a lesson: no queries, tables and books."""
    text = text.partition("## Read on")[0]
    text = re.sub(r"```.*?```|^\|.*$|^#.*$|\{%.*?%\}", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"\]\([^)]*\)", "]", text)


# The lessons --------------------------------------------------------------------------------------


def test_there_are_twelve_lessons_each_with_an_exercise_and_a_solution() -> None:
    assert list(range(1, 13)) == NUMBERS
    for folder in ("exercises", "solutions"):
        found = {path.stem for path in (course.FOLDER / folder).glob("*.sql")}
        assert found == set(LESSONS.values())


@pytest.mark.parametrize("number", NUMBERS)
def test_a_lesson_has_its_parts_and_says_where_it_stands(number: int) -> None:
    text = text_of(number)
    slug = LESSONS[number][3:]
    assert text.startswith(f"{{% docs __course_{slug}__ %}}\n# {number}. ")
    assert text.endswith("{% enddocs %}\n")
    assert re.findall("^## (.+)$", text, re.MULTILINE) == PARTS
    around = [LESSONS[each] for each in (number - 1, number + 1) if each in LESSONS]
    last = text.splitlines()[-2]
    assert re.findall(r"\((\w+)\.md\)", last) == ["README", *around]
    index = (course.FOLDER / "README.md").read_text(encoding="utf-8")
    title = text.splitlines()[1].removeprefix("# ")
    assert f"[{title}]({LESSONS[number]}.md)" in index
    assert f"docs/course/exercises/{LESSONS[number]}.sql" in text
    assert f"docs/course/course.py check {number}\n" in text


@pytest.mark.parametrize("number", NUMBERS)
def test_a_lesson_is_read_in_five_minutes(number: int) -> None:
    words = prose(text_of(number))
    assert len(words.split()) < WORDS
    long = [
        sentence
        for sentence in re.split(r"(?<=[.:?!;])\s+|\n\n|\n- ", words)
        if len(sentence.split()) > WORDS_OF_SENTENCE
    ]
    assert long == []


@pytest.mark.parametrize("number", NUMBERS)
def test_the_queries_of_a_lesson_give_what_stands_below_them(number: int) -> None:
    text = text_of(number)
    assert len(list(course.queries(text))) == text.count("```sql") > 0
    for sql, result in course.queries(text):
        remedy = f"Look at it, then run `docs/course/course.py write`:\n{sql}"
        assert course.table(course.run(sql)) == result, remedy
    assert course.with_results(text) == text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_files_commands_and_links_of_a_lesson_exist(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs.link_problems(ROOT, file) == []
    assert docs.path_problems(ROOT, file, MADE) == []
    assert main(["--help"]) == 0
    commands = re.findall(r"^  ([a-z][a-z-]*)\b", capsys.readouterr().out, re.MULTILINE)
    targets = docs.make_targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    assert docs.command_problems(file.read_text(encoding="utf-8"), targets, commands) == []


def test_a_lesson_names_a_file_for_each_thing_that_it_says_is_done() -> None:
    for number in NUMBERS:
        where = text_of(number).partition("## Where it is done")[2].partition("\n## ")[0]
        assert re.search(r"`(models|macros|seeds|wavehouse|docs)/[\w/.]+`", where), number


@pytest.mark.parametrize("number", NUMBERS)
def test_what_a_lesson_says_of_costs_is_what_is_measured(number: int) -> None:
    costs = text_of(number).partition("## What it costs")[2].partition("\n## ")[0]
    written = [float(figure) for figure in re.findall(r"\*\*([\d.]+) times\*\*", text_of(number))]
    assert len(written) == len(re.findall(r"\*\*([\d.]+) times\*\*", costs))
    measured = [
        measure() for name, measure in measures.MEASURES.items() if name.startswith(LESSONS[number])
    ]
    # A database grows by blocks, and not always by the same number of them.
    assert written == pytest.approx(measured, rel=0.06)


def test_each_measure_is_of_a_lesson() -> None:
    assert {name.partition(":")[0] for name in measures.MEASURES} <= set(LESSONS.values())


def test_figures_of_the_text_are_those_of_the_queries() -> None:
    # What the text says in words, with the cell that it is said of.
    said = {
        3: ["6194.000324"],
        10: ["11794 |         7 "],
        11: ["4874", "4421", "474 ", "755 ", "176 "],
        12: ["23.779", "7.8172"],
    }
    for number, cells in said.items():
        assert all(cell in text_of(number) for cell in cells), number
    assert "from 11,794 answers to 7 rows" in text_of(10)
    assert "183 schools tell as much as 176" in text_of(11)
    assert round(23.779 / 7.8172) == 3
    assert round((23.779 / 7.8172) ** 2) == 9
    effective = course.run(
        "select round(n_effective) from marts.fct_trend_estimates where study_id = 'api' "
        "and wave_id = '2000' and measure_id = 'api_score_mean' and segment_id = 'total'"
    )
    assert effective.rows == ((20.0,),)
    assert "183 schools are worth\n20 schools" in text_of(12)
    assert "3 times that of a sample drawn one by one, which is a design effect of 9" in text_of(12)


# The exercises ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_the_task_says_what_the_result_has(number: int) -> None:
    task, solution = task_of(number), solution_of(number)
    assert task.startswith(f"-- Exercise {number}: ")
    assert re.findall("^-- One row is: .*", task, re.MULTILINE) == re.findall(
        "^-- One row is: .*", solution, re.MULTILINE
    )
    columns = re.findall("^-- Columns: (.+)$", task, re.MULTILINE)
    assert columns == [", ".join(course.run(solution).columns)]
    assert len(course.HINT.findall(solution)) == 1
    assert all(len(line) <= 110 for line in [*task.splitlines(), *solution.splitlines()])


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_is_right(number: int) -> None:
    solution = solution_of(number)
    assert course.check(number, solution) == []
    # The order of rows and columns is free, and what is written above stays.
    columns = ", ".join(reversed(course.run(solution).columns))
    bare = course.COMMENT.sub("", solution)
    turned = f"{task_of(number)}\nselect {columns} from ({bare}) order by 1 desc;"
    assert course.check(number, turned) == []


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [(number, *each) for number, answers in WRONG.items() for each in answers],
)
def test_a_wrong_answer_is_told_what_is_wrong_and_not_the_solution(
    number: int, answer: str, said: str
) -> None:
    problems = course.check(number, answer)
    assert any(re.search(said, problem) for problem in problems), problems
    assert problems[-1].startswith("Hint: ")
    assert "\n" not in problems[-1]
    body = course.COMMENT.sub("", solution_of(number)).strip()
    assert not any(line.strip() in problems for line in body.splitlines())


def test_each_exercise_has_a_wrong_answer() -> None:
    assert sorted(WRONG) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_a_task_without_a_query_asks_for_one(number: int) -> None:
    for answer in (task_of(number), f"{task_of(number)}\n\n ;\n"):
        with pytest.raises(course.CourseError, match=r"exercises/\d\d_\w+\.sql has no query yet"):
            course.check(number, answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("selct 1", "DuckDB does not take the query.\nParser Error"),
        ("select * from marts.fct_gone", "fct_gone does not exist"),
        ("set threads = 1", "The query gives no table. End it with a `select`."),
        ("delete from marts.dim_wave", "read-only mode"),
    ],
)
def test_what_is_no_query_is_said_so(answer: str, said: str) -> None:
    with pytest.raises(course.CourseError) as raised:
        course.check(1, answer)
    assert said in str(raised.value)


def test_differences_are_named_by_their_key() -> None:
    right = course.Result(("k", "n"), (("a", 1), ("b", 0.3), ("c", None)))
    same = course.Result(("n", "k"), ((None, "c"), (1.0, "a"), (0.1 + 0.2, "b")))
    assert course.differences(same, right, ["k"]) == []
    other = course.Result(("k", "n"), (("a", 2), ("a", 2), ("c", 0), ("d|e", 1)))
    assert course.differences(other, right, ["k"]) == [
        "The row of k a is there 2 times.",
        "The row of k b is missing.",
        "The row of k d|e does not belong there.",
        "The row of k a: `n` is 2, which is not right.",
        "The row of k c: `n` is 0, which is not right.",
    ]
    assert course.differences(course.Result(("k", "m"), ()), right, ["k"]) == [
        "The column `n` is missing.",
        "The column `m` was not asked for.",
    ]
    many = course.Result(("k", "n"), tuple((f"x{each}", 1) for each in range(8)))
    assert course.differences(many, course.Result(("k", "n"), ()), ["k"])[-1] == (
        "... and 3 more like it."
    )


def test_a_table_is_markdown_with_numbers_to_the_right() -> None:
    rows = (("a|b", 1, True), ("<empty>", None, None))
    assert course.table(course.Result(("text", "n", "is_so"), rows)) == (
        "| text     |    n | is_so |\n"
        "|----------|-----:|-------|\n"
        "| a\\|b     |    1 | true  |\n"
        "| \\<empty> | null | null  |\n"
    )


def test_the_commands_check_and_show(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # From anywhere, and with an answer that is no file of the checkout.
    answer = tmp_path / "answer.sql"
    answer.write_text(f"{task_of(3)}\n{solution_of(3)}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(course, "exercise", lambda _: answer)
    assert course.main(["check", "3"]) == 0
    assert capsys.readouterr().out == "Exercise 3 is right.\n"
    answer.write_text(WRONG[3][0][0], encoding="utf-8")
    assert course.main(["check", "3"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Not yet.\nThe row of wave_id 1994: ")
    assert "\nHint: " in out
    assert course.main(["check", "13"]) == 1
    assert capsys.readouterr().err == "There is no lesson 13. They are 1 to 12.\n"
    assert course.main(["show", "3"]) == 0
    assert all(
        result in capsys.readouterr().out for _, result in list(course.queries(text_of(3)))[:1]
    )


def test_the_command_of_the_lessons_runs() -> None:
    words = [sys.executable, "docs/course/course.py", "show", "9"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(result in done.stdout for _, result in course.queries(text_of(9)))


def test_without_a_warehouse_it_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "WAREHOUSE", Path("gone.duckdb"))
    with pytest.raises(course.CourseError, match="Run `make` first"):
        course.run("select 1")


def test_answers_to_exercises_make_nothing_to_build(empty_project: Project) -> None:
    before = fingerprint(empty_project)
    answer = empty_project.root / "docs/course/exercises/01_tables.sql"
    answer.parent.mkdir(parents=True)
    answer.write_text("select 1")
    assert fingerprint(empty_project) == before
    lesson = empty_project.root / "docs/course/01_tables.md"
    lesson.write_text("A lesson is a text of the docs site.")
    assert fingerprint(empty_project) != before


# sqlfluff reads queries without dbt, so that they need not be its models.
def test_queries_are_in_the_house_style(tmp_path: Path) -> None:
    for number in NUMBERS:
        for place, (sql, _) in enumerate(course.queries(text_of(number))):
            (tmp_path / f"{LESSONS[number]}_{place}.sql").write_text(sql, encoding="utf-8")
    words = [Path(sys.executable).with_name("sqlfluff"), "lint", "--templater", "raw"]
    words += ["--disable-progress-bar", "--config", ROOT / ".sqlfluff"]
    done = subprocess.run(
        [*words, tmp_path, course.FOLDER / "solutions"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
