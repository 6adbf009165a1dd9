"""Mutants: which are made, that dbt says the same of them, and what the command makes of it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from workbench import load_script

make_mutants = load_script("make_mutants")

# After the script has named its folder.
from mutants.statements import Key, Statement  # noqa: E402
from mutants.trials import Court  # noqa: E402
from mutants.unit_tests import UnitTest  # noqa: E402

MODEL = """with

answers as (
    select * from {{ ref('answers') }}
),

final as (
    select
        wave,
        count(distinct person) as n_people,
        case when min(age) >= 18 then 'adults' else 'all' end as who
    from answers
    where coalesce(is_valid, true) and answer <> 'none'
    group by wave
)

select * from final
"""
ANSWERS = (
    "select cast(null as integer) as wave, cast(null as integer) as person, "
    "cast(null as integer) as age, cast(null as boolean) as is_valid, "
    "cast(null as varchar) as answer"
)
UNIT_TEST = {
    "given": [
        {
            "input": "ref('answers')",
            "rows": [
                {"wave": 1, "person": 1, "age": 18, "is_valid": True, "answer": "a"},
                {"wave": 1, "person": 1, "age": 40, "is_valid": True, "answer": "a"},
                {"wave": 1, "person": 2, "age": 2, "is_valid": False, "answer": "a"},
                {"wave": 2, "person": 3, "age": 17, "is_valid": None, "answer": "b"},
            ],
        }
    ],
    "expect": {
        "rows": [
            {"wave": 1, "n_people": 1, "who": "adults"},
            {"wave": 2, "n_people": 1, "who": "all"},
        ]
    },
}


@dataclass(frozen=True)
class Tried:
    """A tiny project that dbt has built: a model, and a half of its mutants as models.

    Attributes:
        folder: the project.
        changes: the changes that these mutants have.
        passed: those of them that dbt's unit tests do not notice.
    """

    folder: Path
    changes: set[str]
    passed: set[str]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    folder = tmp_path_factory.mktemp("mutants")
    sql = MODEL.replace("{{ ref('answers') }}", "__dbt__cte__answers")
    mutants = {
        f"mutant_{number}": mutant
        for number, mutant in enumerate(Statement.parse(sql).mutants(), start=1)
        if number % 2 == 0
    }
    models = folder / "models"
    models.mkdir()
    (models / "answers.sql").write_text(ANSWERS, encoding="utf-8")
    (models / "original.sql").write_text(MODEL, encoding="utf-8")
    for name, mutant in mutants.items():
        text = mutant.sql.replace("__dbt__cte__answers", "{{ ref('answers') }}")
        (models / f"{name}.sql").write_text(text, encoding="utf-8")
    unit_tests = [
        {"name": f"test_of_{name}", "model": name, **UNIT_TEST} for name in ("original", *mutants)
    ]
    (models / "tests.yml").write_text(yaml.safe_dump({"unit_tests": unit_tests}), encoding="utf-8")
    profile = {"type": "duckdb", "path": "tiny.duckdb", "threads": 1}
    for name, settings in (
        ("dbt_project", {"name": "tiny", "profile": "tiny"}),
        ("profiles", {"tiny": {"target": "tiny", "outputs": {"tiny": profile}}}),
    ):
        (folder / f"{name}.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    dbt = Path(sys.executable).with_name("dbt")
    subprocess.run([dbt, "build", "--quiet"], cwd=folder, capture_output=True, check=False)
    results = json.loads((folder / "target/run_results.json").read_text(encoding="utf-8"))
    status = {each["unique_id"].split(".")[-1]: each["status"] for each in results["results"]}
    assert status["test_of_original"] == "pass"
    return Tried(
        folder,
        {mutant.key.told for mutant in mutants.values()},
        {
            mutant.key.told
            for name, mutant in mutants.items()
            if status[f"test_of_{name}"] == "pass"
        },
    )


def run(tried: Tried, *words: str, listed: str = "") -> int:
    """Run the command on what dbt has built."""
    path = tried.folder / "equivalent.yml"
    path.write_text(listed, encoding="utf-8")
    target = tried.folder / "target"
    return make_mutants.main(
        [
            *("--as-run", "--project", str(tried.folder), "--target", str(target)),
            *("--equivalent", str(path), "--select", "original", *words),
        ]
    )


def test_dbt_itself_says_the_same_of_each_mutant(
    tried: Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tried) == 0
    lines = capsys.readouterr().out.splitlines()
    survivors = {line.split(": ", 1)[1] for line in lines if line.startswith("models/")}
    assert survivors & tried.changes == tried.passed
    assert tried.changes > tried.passed > set()
    assert any("answer <> 'none'" in each for each in survivors)
    killed, survived = lines[-1].split()[1:3]
    assert int(survived) == len(survivors)
    assert int(killed) > int(survived)


def test_survivors_are_named_by_the_line_of_the_file(
    tried: Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tried)
    out = capsys.readouterr().out
    assert "models/original.sql:13: final: condition dropped: answer <> 'none'\n" in out


def test_the_command_fails_below_the_floor(
    tried: Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tried, "--at-least", "100") == 1
    assert "at least 100 should be" in capsys.readouterr().err


def test_a_sample_is_the_same_for_a_seed(tried: Tried, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for seed in ("1", "1", "2"):
        run(tried, "--sample", "9", "--seed", seed)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != said[2]


def test_equivalent_mutants_are_not_counted(
    tried: Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"in": "final", "kind": "condition dropped", "before": "answer <> 'none'"}
    listed = yaml.safe_dump({"original": [{**entry, "reason": "Nobody says it."}]})
    assert run(tried, listed=listed) == 0
    assert "condition dropped: answer <> 'none'" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        ("answer <> 'gone'", "no such mutant any more: final: condition dropped: answer <> 'gone'"),
        ("COALESCE(is_valid, TRUE)", "not equivalent, it is killed: final: condition dropped:"),
    ],
)
def test_a_stale_entry_is_an_error(
    tried: Tried, capsys: pytest.CaptureFixture[str], before: str, problem: str
) -> None:
    entry = {"in": "final", "kind": "condition dropped", "before": before, "reason": "So it seems."}
    assert run(tried, listed=yaml.safe_dump({"original": [entry]})) == 1
    assert f"equivalent.yml: original: {problem}" in capsys.readouterr().err


def test_an_entry_without_a_reason_is_an_error(
    tried: Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"in": "final", "kind": "condition dropped", "before": "answer <> 'none'"}
    assert run(tried, listed=yaml.safe_dump({"original": [entry]})) == 1
    assert "an entry has in, kind, before, reason" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_an_error(
    tried: Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tried, "--select", "nothing") == 1
    assert "No such model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sql", "changed"),
    [
        ("select a >= 2 as b from t", {"a > 2", "a < 2", "a >= 1"}),
        ("select 2 < a as b from t", {"2 <= a", "2 >= a", "3 < a"}),
        ("select a = 1 as b from t", {"a <> 1", "a = 2", "a = 0"}),
        ("select a is null as b from t", {"NOT a IS NULL"}),
        ("select not a as b from t", {"a"}),
        ("select a and b as c from t", {"a OR b", ""}),
        ("select a or b and c as d from t", {"a AND (b AND c)", "(b OR c)", ""}),
        ("select coalesce(a, 0) as b from t", {"a", "0", "1"}),
        ("select case when a then b else c end as d from t", {""}),
        ("select -a + b as c from t", {"-a - b", "a"}),
        ("select max(a) as b from t", {"MIN(a)"}),
        ("select count(distinct a) as b from t", {"COUNT(a)"}),
        ("select distinct a from t", {"select"}),
        ("select a from t where b", {""}),
        ("select a from t inner join u on t.a = u.a and t.b = u.b", {"left join", ""}),
        ("select a from t left join u on t.a = u.a", {"inner join", ""}),
        ("select a from t union select a from u", {"union all", ""}),
        (
            "select row_number() over (partition by a, b order by c, d desc) as e from t",
            {"", "c DESC", "d ASC"},
        ),
    ],
)
def test_changes_are_made(sql: str, changed: set[str]) -> None:
    assert {mutant.key.after for mutant in Statement.parse(sql).mutants()} == changed


@pytest.mark.parametrize(
    "sql",
    [
        "select a as b, 'c' as d from t -- where it is",
        "select a from t order by a",
        "select cast(a as numeric(18, 3)) as b, round(a, 2) as c from t",
        "select a from t union all select a from u order by a",
        "select a from t where exists (select 1 from u)",
    ],
)
def test_equivalent_by_construction_is_not_made(sql: str) -> None:
    kinds = {mutant.key.kind for mutant in Statement.parse(sql).mutants()}
    assert kinds <= {"union side dropped", "comparison", "condition dropped"}


def test_a_default_of_false_in_a_condition_is_no_decision() -> None:
    made = Statement.parse("select a from t where coalesce(b, false)").mutants()
    assert {(mutant.key.kind, mutant.key.after) for mutant in made} == {
        ("condition dropped", ""),
        ("coalesce", "FALSE"),
    }


def test_keys_survive_edits_elsewhere() -> None:
    before = (
        "with a as (select * from t where b > 1), c as (select * from a where d) select * from c"
    )
    after = before.replace("where d", "where d and e").replace("with a", "with f as (select 1), a")
    assert Key("a", "comparison", "b > 1", "b >= 1") in {
        mutant.key for mutant in Statement.parse(before).mutants()
    } & {mutant.key for mutant in Statement.parse(after).mutants()}


def test_what_takes_too_long_does_not_pass() -> None:
    ran = """
    with dbt_internal_unit_test_actual as (
        select "n", 'actual' as "actual_or_expected" from (
            with __dbt__cte__t as (select 1 as i),
            final as (select count(*) as n from __dbt__cte__t)
            select * from final
        ) as a
    ),
    dbt_internal_unit_test_expected as (
        select "n", 'expected' as "actual_or_expected" from (select 1 as "n") as e
    )
    select * from dbt_internal_unit_test_actual
    union all select * from dbt_internal_unit_test_expected
    """
    court = Court(UnitTest("slow", ran), seconds=0.2)
    assert court.passes("select 1 as n")
    assert not court.passes("select 2 as n")
    assert not court.passes(
        "select sum(a.range * b.range) as n from range(1000000) a, range(1000000) b"
    )
    assert not court.passes("select cast('x' as integer) as n")
