"""What a project says of its own running: `operations.yml`, which may be left out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wavehouse.errors import ProblemsError
from wavehouse.project import Project
from wavehouse.yaml_files import read_yaml

FILE = "operations.yml"
ALL = "all"
WHAT_IS_WRONG = "It is not clear how the project is to run by itself:"

# Names of environment variables: secrets stand there, never in a file of the project.
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0)] | Literal["all"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Export(_Part):
    """An export that each run writes.

    Attributes:
        study: the study's id.
        format: as `wavehouse export` calls it.
    """

    study: str
    format: str


class Run(_Part):
    """What `wavehouse run` does.

    Attributes:
        inbox: the folder that deliveries arrive in, as `<inbox>/<study>/<wave>/<files>`; relative
            to the project. None: nothing is taken from a folder.
        settle_seconds: a delivery is taken when none of its files was changed for so long.
        time_limit_minutes: a run that takes longer is stopped.
        exports: what is exported after each publish.
        pages: whether the pages and the docs site are written after each publish.
        expire: whether rows of people of studies go when their time is over, as `wavehouse expire`
            removes them.
    """

    inbox: str | None = None
    settle_seconds: Annotated[float, Field(ge=0)] = 60
    time_limit_minutes: Positive = 120
    exports: tuple[Export, ...] = Field(default=(), strict=False)
    pages: bool = True
    expire: bool = False


class Expect(_Part):
    """What is expected of the project; what is otherwise is a finding of `wavehouse status`.

    Attributes:
        publish_within_hours: the published release is not older. None: it may be of any age.
        free_disk_gb: so much of the disk is free, in gigabytes.
        slower_than: a build is slow if it takes this many times the median of the last ten.
    """

    publish_within_hours: Positive | None = None
    free_disk_gb: Positive = 2
    slower_than: Positive = 2


class History(_Part):
    """How long runs are remembered.

    Attributes:
        days: in days, from the end of a run.
    """

    days: Annotated[int, Field(ge=1)] = 400


class Keep(_Part):
    """Which backups are kept: the last one of so many days, weeks, months and years.

    Attributes:
        daily: a number, or `all`.
        weekly: likewise.
        monthly: likewise.
        yearly: likewise.
    """

    daily: Number = 14
    weekly: Number = 8
    monthly: Number = 24
    yearly: Number = ALL


class KeepMicrodata(Keep):
    """The same of rows of people; what is left out is not kept."""

    daily: Number = 0
    weekly: Number = 0
    monthly: Number = 0
    yearly: Number = 0


class Backup(_Part):
    """Where backups go.

    Attributes:
        repository: as restic names it: a folder (relative to the project), `sftp:...`, `s3:...`.
        password_file: a file outside of the project with the password of the repository. None:
            restic finds it in RESTIC_PASSWORD, RESTIC_PASSWORD_FILE or RESTIC_PASSWORD_COMMAND.
        every_hours: a backup that is older is late.
        drill_every_days: a drill that is older is late. None: no drill is expected.
        keep: which backups are kept.
        keep_microdata: how long delivered rows of people are kept in them. None: as many days as
            `releases.yml` keeps rows of people of releases.
    """

    repository: str
    password_file: str | None = None
    every_hours: Positive = 24
    drill_every_days: Positive | None = 30
    keep: Keep = Keep()
    keep_microdata: KeepMicrodata | None = None


class Mail(_Part):
    """How alerts are mailed.

    Attributes:
        server: the name of the mail server.
        port: its port.
        sender: the address that alerts come from.
        to: who gets them.
        tls: `starttls`, `tls` from the beginning, or `none` for a server on the same machine.
        user_from: the environment variable with the name to log in with. None: no login.
        password_from: the environment variable with its password.
    """

    server: str
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    sender: str
    to: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user_from: VariableName | None = None
    password_from: VariableName | None = None


class Alerts(_Part):
    """Who is told of findings.

    Attributes:
        remind_after_hours: a finding that stays is told again after so many hours.
        webhook_from: the environment variable with the address that findings are posted to.
        mail: how they are mailed. None: they are not.
    """

    remind_after_hours: Positive = 24
    webhook_from: VariableName | None = None
    mail: Mail | None = None


class Operations(_Part):
    """All of `operations.yml`; what is left out has its default.

    Attributes:
        run: what `wavehouse run` does.
        expect: what is expected.
        history: how long runs are remembered.
        backup: where backups go. None: there are none.
        alerts: who is told.
    """

    run: Run = Run()
    expect: Expect = Expect()
    history: History = History()
    backup: Backup | None = None
    alerts: Alerts = Alerts()


def read_operations(project: Project) -> Operations:
    """Read how the project is to run by itself; all defaults where it has no such file.

    Raises:
        ProblemsError: the file is not as it should be; each wrong line is named.
    """
    path = project.root / FILE
    if not path.exists():
        return Operations()
    try:
        found = read_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = f"{FILE} is no YAML: {' '.join(str(error).split())}. Fix it."
        raise ProblemsError(WHAT_IS_WRONG, [problem]) from error
    if found is None:
        return Operations()
    if not isinstance(found, dict):
        problem = f"{FILE} has no parts. Write {', '.join(Operations.model_fields)}, with lines."
        raise ProblemsError(WHAT_IS_WRONG, [problem])
    # A part of which all lines are comments is as if it were left out.
    found = {name: part for name, part in found.items() if part is not None}
    try:
        operations = Operations.model_validate(found)
    except ValidationError as error:
        raise ProblemsError(WHAT_IS_WRONG, _problems(error.errors())) from None
    inbox = operations.run.inbox
    if inbox is not None and (project.root / inbox).resolve() == project.root.resolve():
        problem = f"{FILE}: run.inbox is the project itself. Name a folder of its own."
        raise ProblemsError(WHAT_IS_WRONG, [problem])
    return operations


def _problems(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say what is wrong with each line, in a sentence with the remedy."""
    said: dict[str, list[str]] = {}
    for error in errors:
        parents, last, place = _place(error)
        if error["type"] == "extra_forbidden":
            known = ", ".join(_fields(parents))
            said[f"{FILE}: there is no line `{place}`. There are {known}."] = []
        elif error["type"] == "missing":
            said[f"{FILE}: `{place}` is missing. Write it."] = []
        elif last.endswith("_from"):
            # What stands there may be the secret itself, so it is not repeated.
            said[
                f"{FILE}: `{place}` does not name an environment variable. Write its name there, "
                "such as WAVEHOUSE_SECRET, and the secret into the variable."
            ] = []
        elif error["type"] in ("model_type", "dict_type"):
            known = ", ".join(_fields([*parents, last]))
            said[f"{FILE}: `{place}` has no lines below it. Write {known}."] = []
        else:
            wanted = error["msg"].removeprefix("Input should be ")
            wanted = wanted[0].lower() + wanted[1:]
            start = f"{FILE}: `{place}` is {error['input']!r}. Write "
            said.setdefault(start, []).append(wanted)
    return [f"{start}{' or '.join(ways)}." if ways else start for start, ways in said.items()]


def _place(error: Mapping[str, Any]) -> tuple[list[str], str, str]:
    """Give the lines above the one of an error, its name, and all of them as one word.

    pydantic adds a word where a value may be of one of two kinds; the file does not have it.
    """
    words: list[str] = []
    for word in error["loc"]:
        if isinstance(word, int) or word in _fields(words):
            words.append(str(word))
    if error["type"] == "extra_forbidden":
        words.append(str(error["loc"][-1]))
    return words[:-1], words[-1], ".".join(words)


def _fields(parents: Sequence[str]) -> list[str]:
    """Give the lines that there are below some parents; none below a value."""
    model: Any = Operations
    for name in parents:
        if name.isdecimal():
            continue
        model = _model_in(model.model_fields[name].annotation) if model else None
    return list(model.model_fields) if model else []


def _model_in(annotation: Any) -> Any:  # noqa: ANN401 (any type)
    """Give the part that a line holds, also where it may be left out or is a list of such."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def inside_project(project: Project, place: str) -> Path:
    """Give a folder that `operations.yml` names, from the project's folder on."""
    return (project.root / Path(place).expanduser()).resolve()
