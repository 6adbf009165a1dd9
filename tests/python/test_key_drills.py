"""What a key is good for when something happened to it: lost, replaced, wrong, expired, leaked.

With a server that runs, and the files that a thief would have. The guide's page
(docs/guide/lost-and-leaked-keys.md) says what to do in each case.
"""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from guarded import build_guarded
from small_server import Server, serving

from wavehouse.audiences.door import KeyRefusedError, open_audience
from wavehouse.audiences.keys import read_register, save_register
from wavehouse.audiences.sealing import NotGivenError
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.publish import publish

Run = Callable[..., tuple[int, str]]

ESTIMATES = "/v1/estimates"
SECRET = "AGE-SECRET-KEY-"


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside of the project."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture
def operator(empty_project: Project, project_root: Path, run_command: Run, elsewhere: Path) -> Path:
    """The operator's key of a project that published nothing yet."""
    shutil.copytree(project_root / "seeds" / "reference", empty_project.reference)
    path = elsewhere / "stick" / "operator.key"
    build_guarded(empty_project)
    code, said = run_command(empty_project, "key", "operator", str(path))
    assert code == 0, said
    return path


@pytest.fixture
def give(
    empty_project: Project, operator: Path, run_command: Run
) -> Callable[..., tuple[str, str]]:
    """Gives a key of readers by the command, and says its id and the key."""
    assert operator.is_file()

    def given(*words: str) -> tuple[str, str]:
        code, said = run_command(empty_project, "key", *words)
        assert code == 0, said
        (secret,) = (word for word in said.split() if word.startswith(SECRET))
        return next(word.strip(".,:") for word in said.split() if word.startswith("key_")), secret

    return given


@pytest.fixture
def reader(empty_project: Project, give: Callable[..., tuple[str, str]]) -> tuple[str, str]:
    """A reader's key, as id and secret, and a release that it opens."""
    found = give("add", "readers", "--for", "University of X")
    publish_again(empty_project, "1")
    return found


def publish_again(project: Project, version: str) -> str:
    """Publish a release; give its id."""
    release: str = publish(project, build_guarded(project, version=version))["release"]
    return release


@contextmanager
def asking(project: Project) -> Iterator[Callable[[str, str | None], int]]:
    """Serve, and give what asks for a path with a key and says the status."""
    with serving(project) as server:

        def status(key: str, path: str | None = None) -> int:
            return Server(server.address, key).get(path or ESTIMATES).status_code

        yield status


def test_a_lost_key_is_kept_nowhere_and_is_replaced(
    empty_project: Project,
    reader: tuple[str, str],
    operator: Path,
    give: Callable[..., tuple[str, str]],
) -> None:
    key_id, lost = reader
    with asking(empty_project) as status:
        assert status(lost) == 200
        # Nobody can look it up: it is in no file.
        for path in empty_project.root.rglob("*"):
            assert not path.is_file() or lost.encode() not in path.read_bytes(), path
        _, new = give("rotate", key_id, "--operator-key", str(operator))
        # The new one reads what is published already. Whoever finds the old one reads nothing.
        assert (status(new), status(lost)) == (200, 401)


def test_without_the_operators_key_a_new_key_waits_for_the_next_release(
    empty_project: Project,
    reader: tuple[str, str],
    operator: Path,
    give: Callable[..., tuple[str, str]],
    run_command: Run,
    elsewhere: Path,
) -> None:
    key_id, old = reader
    _, other = give("add", "mixed", "--for", "Newspaper Y", "--operator-key", str(operator))
    operator.unlink()
    first = (empty_project.warehouse / "current").resolve().name
    with asking(empty_project) as status:
        _, new = give("rotate", key_id)
        assert (status(old), status(new), status(other)) == (401, 403, 200)
        # The operator's key is lost: another one is for what is published from then on.
        code, said = run_command(empty_project, "key", "operator", str(elsewhere / "second.key"))
        assert (code, "There is an operator's key already" in said) == (1, True)
        register = read_register(empty_project)
        register.operator = None
        save_register(empty_project, register)
        code, said = run_command(empty_project, "key", "operator", str(elsewhere / "second.key"))
        assert code == 0, said
        publish_again(empty_project, "2")
        assert (status(old), status(new), status(other)) == (401, 200, 200)
        # By the second one a further key reads what is published since, and is told so.
        words = ("--for", "Z", "--operator-key", str(elsewhere / "second.key"))
        code, said = run_command(empty_project, "key", "add", "readers", *words)
        assert (code, "the operator's key before this one" in said) == (0, True)
        further = SECRET + said.split(SECRET)[1].split()[0]
        earlier = f"{ESTIMATES}?as_of={first}"
        assert (status(further), status(further, earlier), status(other, earlier)) == (
            *(200, 403, 200),
        )


def test_a_wrong_key_reads_less_than_none(empty_project: Project, reader: tuple[str, str]) -> None:
    from pyrage import x25519

    _, key = reader
    with serving(empty_project) as server:
        wrong = (str(x25519.Identity.generate()), key[:-1], f"{key}A", key.replace("1", "l", 1))
        for each in wrong:
            problem = Server(server.address, each).refusal(ESTIMATES, 401)
            assert problem["title"] == "The key is not accepted"
            # What nobody needs a key for is not given to a wrong one, which would look like less.
            assert Server(server.address).get(ESTIMATES).status_code == 200
        # A key of one audience shows nothing of another one's.
        assert Server(server.address, key).get("/v1/answers").status_code == 404
    with pytest.raises(KeyRefusedError):
        open_audience(empty_project, wrong[0])


def test_an_expired_key_reads_nothing_from_the_day_after_its_last(
    empty_project: Project, give: Callable[..., tuple[str, str]]
) -> None:
    today = datetime.now(UTC).date()
    key_id, key = give("add", "readers", "--for", "X", "--until", f"{today + timedelta(days=1)}")
    publish_again(empty_project, "1")
    with serving(empty_project) as server:
        asked = Server(server.address, key)

        def ends(days: int) -> None:
            register = read_register(empty_project)
            register.change(key_id, expires_on=f"{datetime.now(UTC).date() + timedelta(days)}")
            save_register(empty_project, register)

        assert asked.get(ESTIMATES).status_code == 200
        ends(0)
        assert asked.get(ESTIMATES).status_code == 200
        ends(-1)
        assert "expired" in asked.refusal(ESTIMATES, 401)["detail"]
        release = publish_again(empty_project, "2")
        assert "expired" in asked.refusal(ESTIMATES, 401)["detail"]
    # Nothing is sealed to it any more.
    sealed = empty_project.warehouse / "keys/sealed"
    assert list(sealed.glob(f"{release}/*/readers/*"))
    assert not list(sealed.glob(f"{release}/*/readers/{key_id}*"))


def stolen(project: Project, where: Path) -> Project:
    """Copy what the disk of the server has: a thief has the files, and may change every one."""
    shutil.copytree(project.root, where, symlinks=True)
    thief = Project(where)
    register = read_register(thief)
    for key in register.keys:
        register.change(key.key_id, revoked_at=None, expires_on=None)
    save_register(thief, register)
    return thief


def can_read(project: Project, key: str, release: str | None = None) -> bool:
    """Tell whether a key opens the figures of a release in some files."""
    try:
        with open_audience(project, key, release) as opened:
            rows = opened.connection.execute("select count(*) from fct_trend_estimates").fetchone()
            assert rows is not None
            # For a release that is not there the one before it is given.
            return bool(rows[0] > 0) and release in (None, opened.release_id)
    except (WavehouseError, NotGivenError, duckdb.Error):
        return False


def test_a_leaked_key_reads_until_it_is_revoked_and_copies_are_its_limit(
    empty_project: Project,
    reader: tuple[str, str],
    give: Callable[..., tuple[str, str]],
    run_command: Run,
    elsewhere: Path,
) -> None:
    key_id, leaked = reader
    first = (empty_project.warehouse / "current").resolve().name
    before = stolen(empty_project, elsewhere / "before")
    with asking(empty_project) as status:
        # By the API: what its audience may read, and nothing of others.
        assert (status(leaked), status(leaked, "/v1/answers")) == (200, 404)
        second = publish_again(empty_project, "2")
        assert (status(leaked), status(leaked, f"{ESTIMATES}?as_of={first}")) == (200, 200)
        code, said = run_command(empty_project, "key", "revoke", key_id)
        assert (code, "were destroyed" in said) == (0, True)
        # At once, and for every release: those that are kept, too.
        assert (status(leaked), status(leaked, f"{ESTIMATES}?as_of={first}")) == (401, 401)
    # The log says what was read with it, and until when: no line after it was revoked has rows.
    _, shown = run_command(empty_project, "audit", "show", "--key", key_id)
    lines = list(csv.DictReader(io.StringIO(shown)))
    assert [(line["route"], line["status"]) for line in lines] == [
        (ESTIMATES, "200"),
        ("/v1/answers", "404"),
        (ESTIMATES, "200"),
        (ESTIMATES, "200"),
    ]
    assert {line["release"] for line in lines} == {first, second}
    revoked_at = read_register(empty_project).find(key_id).revoked_at
    assert revoked_at is not None
    assert max(line["at"] for line in lines)[:19] <= revoked_at[:19]

    # With files: who copied them before reads that copy for ever, and nothing that came later.
    assert can_read(before, leaked)
    assert not can_read(before, leaked, second)
    # Who copies them now reads nothing, whatever they write into the register.
    after = stolen(empty_project, elsewhere / "after")
    assert not can_read(after, leaked)
    assert not can_read(after, leaked, first)
    # What was sealed before opens no later release: each has keys of its own.
    sealed = before.warehouse / "keys/sealed" / first
    shutil.copytree(sealed, after.warehouse / "keys/sealed" / second, dirs_exist_ok=True)
    assert not can_read(after, leaked, second)
    shutil.copytree(sealed, after.warehouse / "keys/sealed" / first, dirs_exist_ok=True)
    assert can_read(after, leaked, first)

    # Another reader of the audience goes on, and the reader gets another key.
    _, new = give("add", "readers", "--for", "University of X")
    publish_again(empty_project, "3")
    assert can_read(empty_project, new)
    assert not can_read(empty_project, leaked)
