"""The draft of a wave: proposals in a YAML file that people read, edit and decide."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from wavehouse.codebook.ids import inside, judge_ids, shown
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse.writing import write_whole
from wavehouse_exchange.onboarding.no_draft import no_draft
from wavehouse_exchange.onboarding.not_needed import not_needed

OPEN, ACCEPT, REJECT = "open", "accept", "reject"
DECISIONS = (OPEN, ACCEPT, REJECT)

# What only a person knows. A row that still has it is not written.
TO_FILL_IN = "???"

# `decide ... sure` takes the open proposals from here on. Those of SAFE_KINDS from PRE_ACCEPTED on
# are accepted beforehand, since nothing is lost by them; all others wait for a person.
SURE = 0.9
PRE_ACCEPTED = 0.95
SAFE_KINDS = frozenset(
    {
        *("wave", "delivery", "renamed_column", "reused_name"),
        *("code_respelled", "new_missing_code"),
    }
)

# Why a proposal was accepted before anybody looked at it.
BEFOREHAND = "sure, and nothing is lost"

# What a proposal is about beside its subject, where it is about that.
_ABOUT = ("battery", "old_column", "old_wave")

_HEAD = """\
# Draft of wave {wave} of study {study}: what it brings, and the codebook rows that would answer it.
#
# Decide each proposal: decision is open, accept or reject; because says why, in your words.
#   accept   `changes` are made in seeds/codebook
#   reject   `if_rejected` is made instead; where that is empty, nothing is written
# Edit the rows as you like; ??? stands where only you know the value.
#   add      a new row                    set      values of the row that `where` names
#   version  the row ends with the wave before, and goes on from this wave with `set` changed
#   end      the row ends with the wave before
#   leave_out  rows no longer hold `from` one wave `to` another
#   when     the change is made only if those other proposals are decided so
#
#   wavehouse review {study} {wave}                            the proposals as a table
#   wavehouse decide {study} {wave} p03 accept --because "..."  decide without an editor
#   wavehouse apply {study} {wave}                             write the rows, when nothing is open
"""

Change = dict[str, Any]


@dataclass
class Proposal:
    """One thing to decide.

    Attributes:
        kind: what was found.
        subject: the column it is about; of a few kinds the wave or study.
        confidence: the chance that accepting it is right, 0 to 1.
        reason: what speaks for it.
        changes: what is written if it is accepted.
        if_rejected: what is written if it is rejected.
        decision: open, accept or reject.
        because: why it was decided so.
        id: its name in the draft.
        battery: the battery that the column belongs to, if any.
        old_column: the earlier column that it is about, if any.
        old_wave: the wave of that column.
    """

    kind: str
    subject: str
    confidence: float
    reason: str
    changes: list[Change] = field(default_factory=list)
    if_rejected: list[Change] = field(default_factory=list)
    decision: str = OPEN
    because: str = ""
    id: str = ""
    battery: str = ""
    old_column: str = ""
    old_wave: str = ""

    def __post_init__(self) -> None:
        """Take numbers of numpy as plain ones, which YAML can write."""
        self.confidence = float(self.confidence)

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it."""
        return self.decision == OPEN

    @property
    def lacks_values(self) -> bool:
        """Whether a row has a value that is to be filled in."""
        return any(
            TO_FILL_IN in change.get(part, {}).values()
            for change in self.changes
            for part in ("add", "set")
        )


@dataclass
class Draft:
    """All proposals for a wave, and what they were made from.

    `following_wave` is the one after it, where the wave stands between others. `made_with` are the
    options that were said of it, by their names.
    """

    study: str
    wave: str
    previous_wave: str
    like: str
    delivered_as: str
    files: list[dict[str, Any]]
    unchanged_columns: int
    proposals: list[Proposal]
    following_wave: str = ""
    made_with: dict[str, Any] = field(default_factory=dict)

    @property
    def open_proposals(self) -> list[Proposal]:
        """Those that are to be decided: open, and needed."""
        needless = self.not_needed
        return [p for p in self.proposals if p.is_open and p.id not in needless]

    @property
    def not_needed(self) -> dict[str, str]:
        """The open proposals that another decision has answered: for their ids, which one."""
        return not_needed(self.proposals)


# What was read of a draft is kept from so many characters on: shorter ones are read at once.
_LONG = 50_000
# Reading and writing is several times faster in C, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Writer(yaml.SafeDumper):
    """Writes lists indented and texts in one style."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and False)

    def ignore_aliases(self, _data: object) -> bool:
        """Write rows that several proposals share in full: people edit each by itself."""
        return True


class _Reader(_LOADER):  # type: ignore[misc]
    """Reads every scalar as text, so that codes stay as they are written."""


_Reader.yaml_implicit_resolvers = {}


def _plain_content(node: yaml.Node | None) -> Any:  # noqa: ANN401 (whatever somebody wrote)
    """Give mappings, lists and texts of parsed YAML: no tag makes anything else of them."""
    if isinstance(node, yaml.MappingNode):
        return {str(_plain_content(key)): _plain_content(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain_content(each) for each in node.value]
    return "" if node is None else node.value


def kept_beside(project: Project, study_id: str, wave_id: str, ending: str) -> Path:
    """Give a file that is kept for the draft of a wave, whether it is there or not.

    It is not for people: what they read and edit is the draft itself, at `draft_path`.
    """
    return project.root / ".wavehouse" / "drafts" / f"{study_id}_{wave_id}.{ending}"


def rows_path(project: Project, study_id: str, wave_id: str) -> Path:
    """Give the file with the rows of a draft as they were made, whether it is there or not."""
    return kept_beside(project, study_id, wave_id, "json")


def draft_path(project: Project, study_id: str, wave_id: str) -> Path:
    """Give the file of a wave's draft, whether it is there or not.

    Raises:
        ProblemsError: the ids cannot name a file.
        WavehouseError: a link leads out of the project.
    """
    judge_ids(study_id, wave_id)
    path = project.root / "drafts" / f"{study_id}_{wave_id}.yml"
    return inside(project.root, path, project.relative(path))


def number_proposals(proposals: Iterable[Proposal], first: int = 1) -> list[Proposal]:
    """Give each proposal its id, from a first one on, and accept what is sure and loses nothing."""
    numbered = []
    for number, proposal in enumerate(proposals, start=first):
        proposal.id = proposal.id or f"p{number:02d}"
        if (
            proposal.kind in SAFE_KINDS
            and proposal.confidence >= PRE_ACCEPTED
            and not proposal.lacks_values
        ):
            proposal.decision = ACCEPT
            proposal.because = BEFOREHAND
        numbered.append(proposal)
    for proposal in numbered:
        for change in [*proposal.changes, *proposal.if_rejected]:
            if "when" in change:
                change["when"] = ", ".join(f"{p.id} {decided}" for p, decided in change["when"])
    return numbered


def only_when(change: Change, other: Proposal, decision: str) -> Change:
    """Give a change that is made only if another proposal is decided so.

    The id of the other is written when all proposals are numbered.
    """
    return {**change, "when": [*change.get("when", []), (other, decision)]}


def draft_text(draft: Draft) -> str:
    """Write a draft."""
    head = _HEAD.format(study=draft.study, wave=draft.wave)
    about = _dump(
        {
            "study": draft.study,
            "wave": draft.wave,
            "previous_wave": draft.previous_wave,
            **_filled(draft, "following_wave"),
            "like": draft.like,
            "delivered_as": draft.delivered_as,
            "files": draft.files,
            **_filled(draft, "made_with"),
            "unchanged_columns": draft.unchanged_columns,
        }
    )
    proposals = "\n".join(
        _indented(
            _dump(
                [
                    {
                        "id": proposal.id,
                        "kind": proposal.kind,
                        "subject": proposal.subject,
                        **_filled(proposal, *_ABOUT),
                        "confidence": proposal.confidence,
                        "reason": proposal.reason,
                        "decision": proposal.decision,
                        "because": proposal.because,
                        "changes": proposal.changes,
                        "if_rejected": proposal.if_rejected,
                    }
                ]
            )
        )
        for proposal in draft.proposals
    )
    return f"{head}\n{about}\nproposals:\n{proposals}"


def _filled(proposal: Proposal | Draft, *parts: str) -> dict[str, Any]:
    """Give the parts that say something: a draft leaves the others out."""
    return {part: value for part in parts if (value := getattr(proposal, part))}


def read_draft(project: Project, study_id: str, wave_id: str) -> Draft:
    """Read the draft of a wave.

    Raises:
        WavehouseError: there is none, or it is not YAML.
        ProblemsError: parts of it are missing or cannot be.
    """
    path = draft_path(project, study_id, wave_id)
    if not path.is_file():
        raise no_draft(project, study_id, wave_id, project.relative(path))
    name = project.relative(path)
    draft = _parse(name, path.read_text(encoding="utf-8"), _cache(path))
    if (draft.study, draft.wave) != (study_id, wave_id):
        raise WavehouseError(
            f"{name}: the draft is for study {shown(draft.study)}, wave {shown(draft.wave)}, but "
            "the name of the file says another. Correct study and wave in the file."
        )
    return draft


def all_drafts(project: Project) -> list[tuple[str, Draft]]:
    """Give all drafts of the project with the names of their files."""
    drafts = []
    for path in sorted((project.root / "drafts").glob("*.yml")):
        name = project.relative(path)
        inside(project.root, path, name)
        drafts.append((name, _parse(name, path.read_text(encoding="utf-8"), _cache(path))))
    return drafts


def open_problems(project: Project) -> list[str]:
    """List what is undecided or not yet applied, for `check` and `build`."""
    try:
        drafts = all_drafts(project)
    except WavehouseError as error:
        return [str(error)]
    problems = []
    for name, draft in drafts:
        words = f"{draft.study} {draft.wave}"
        problems += [
            f"{name}: {p.id} ({p.kind}, {p.subject}) is open: {p.reason}. Decide it with "
            f"`wavehouse decide {words} {p.id} accept` or `reject --because ...`."
            for p in draft.open_proposals
        ]
        if not draft.open_proposals:
            problems.append(
                f"{name}: everything is decided, but nothing is written yet. Run `wavehouse apply "
                f"{words}`, or delete the draft."
            )
    return problems


def write_decisions(path: Path, ids: Iterable[str], decision: str, because: str) -> Draft:
    """Write one decision about several proposals into a draft, as `write_each` does."""
    return write_each(path, dict.fromkeys(ids, (decision, because)))


def write_each(path: Path, decisions: Mapping[str, tuple[str, str]]) -> Draft:
    """Write decisions into a draft, and leave everything else in it as its readers wrote it.

    Args:
        path: the draft.
        decisions: what is decided, and why, by the id of the proposal.

    Returns:
        the draft as it is then.
    """
    values = {
        # In one line, so that it can be found again.
        each: {"decision": decision, "because": " ".join(because.split())}
        for each, (decision, because) in decisions.items()
    }
    before = path.read_text(encoding="utf-8")
    current, skipping, reason_at = "", False, -1
    written: list[str] = []
    found: list[str] = []
    for line in before.splitlines(keepends=True):
        begins = re.match(r"\s*- id: *['\"]?([\w-]+)", line)
        if begins:
            current, reason_at = begins[1], -1
        if skipping and line.startswith(" " * 5):
            # The rest of a reason of several lines.
            continue
        part = re.match(r" {4}(decision|because):", line)
        skipping = bool(part) and current in values
        if not part or not skipping:
            written.append(line)
            continue
        if part[1] == "because" and reason_at >= 0:
            # Its place is here, and not where it was put in case that there is none.
            del written[reason_at]
            reason_at = -1
        written.append(f"    {_line(part[1], values[current][part[1]])}")
        if part[1] == "decision":
            found.append(current)
            reason_at = len(written)
            written.append(f"    {_line('because', values[current]['because'])}")
    text = "".join(written)
    if sorted(found) == sorted(values):
        _keep_changed(path, before, text, values)
    draft = _parse(str(path), text, _cache(path))
    write_whole(path, text)
    return draft


def save_draft(project: Project, draft: Draft) -> Path:
    """Write a new draft in one step."""
    path = draft_path(project, draft.study, draft.wave)
    write_whole(path, draft_text(draft))
    return path


def forget_kept(path: Path) -> None:
    """Remove what is kept in `target/` of a draft that is no more: it counts people's answers."""
    kept = path.parent.parent / "target"
    for file in (
        _cache(path),
        kept / "review" / f"{path.stem}.json",
        kept / f"review_{path.stem}.html",
    ):
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _cache(path: Path) -> Path:
    """Give the file that keeps what was read of a draft: a long one takes seconds to read."""
    return path.parent.parent / "target" / "review" / f"{path.stem}.draft.json"


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _kept_content(cache: Path, text: str) -> Any:  # noqa: ANN401 (whatever somebody wrote)
    """Give what was read of the very text before; None if it was not."""
    try:
        kept = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept.get("content") if kept.get("of") == _sum(text) else None


def _keep_content(cache: Path, text: str, content: object) -> None:
    if len(text) < _LONG:
        return
    # Reading it again is all that is lost where it cannot be kept.
    with suppress(OSError, WavehouseError):
        write_whole(cache, json.dumps({"of": _sum(text), "content": content}))


def _keep_changed(
    path: Path, before: str, after: str, values: Mapping[str, Mapping[str, str]]
) -> None:
    """Keep what the text is after decisions were written, where it is known what it was before."""
    content = _kept_content(_cache(path), before)
    if content is None:
        return
    for entry in content["proposals"]:
        entry.update(values.get(entry["id"], {}))
    _keep_content(_cache(path), after, content)


def _line(name: str, value: str) -> str:
    return yaml.safe_dump({name: value}, allow_unicode=True, width=10_000)


def _dump(content: object) -> str:
    return yaml.dump(
        content,
        Dumper=_Writer,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None,
    )


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(True))


def _content(name: str, text: str, cache: Path) -> Any:  # noqa: ANN401 (whatever somebody wrote)
    kept = _kept_content(cache, text)
    if kept is not None:
        return kept
    try:
        content = _plain_content(yaml.compose(text, Loader=_Reader))  # a SafeLoader
    except yaml.YAMLError as error:
        raise WavehouseError(
            f"{name}: the file cannot be read as YAML: {error}. Repair the line."
        ) from error
    except RecursionError as error:
        raise WavehouseError(f"{name}: a part of it contains itself. Repair it.") from error
    _keep_content(cache, text, content)
    return content


def _parse(name: str, text: str, cache: Path) -> Draft:
    content = _content(name, text, cache)
    problems = []
    if not isinstance(content, Mapping):
        raise WavehouseError(
            f"{name}: the file is not a draft. Delete it and run `wavehouse add-wave` again."
        )
    for part in ("study", "wave", "previous_wave", "like", "delivered_as", "proposals"):
        if part not in content:
            problems.append(f"{name}: {part} is missing. Write it as in a new draft.")
    proposals = []
    seen: set[str] = set()
    for place, entry in enumerate(content.get("proposals") or [], start=1):
        if not isinstance(entry, Mapping):
            problems.append(f"{name}: entry {place} is not a proposal. Write it like the others.")
            continue
        where = f"{name}: {entry.get('id', f'proposal {place}')}"
        lacking = [part for part in ("id", "kind", "subject", "decision") if part not in entry]
        problems += [f"{where}: {part} is missing. Write it again." for part in lacking]
        if lacking:
            continue
        if entry["id"] in seen:
            problems.append(f"{where} occurs twice. Give one of the proposals another id.")
        seen.add(entry["id"])
        confidence = _number(entry.get("confidence") or "0")
        if confidence is None:
            problems.append(
                f"{where}: confidence {entry['confidence']!r} is not a number. Write one from 0 "
                "to 1."
            )
        lists = {part: entry.get(part) or [] for part in ("changes", "if_rejected")}
        unlike = [
            part
            for part, rows in lists.items()
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows)
        ]
        problems += [f"{where}: {part} is not a list of changes. Repair it." for part in unlike]
        if unlike or confidence is None:
            continue
        if entry["decision"] not in DECISIONS:
            problems.append(
                f"{where}: decision {entry['decision']!r} is not one of {', '.join(DECISIONS)}."
            )
        proposals.append(
            Proposal(
                entry["kind"],
                entry["subject"],
                confidence,
                entry.get("reason") or "",
                lists["changes"],
                lists["if_rejected"],
                entry["decision"],
                entry.get("because") or "",
                entry["id"],
                **{part: entry.get(part) or "" for part in _ABOUT},
            )
        )
    if problems:
        raise ProblemsError(f"{len(problems)} problem(s) in the draft:", problems)
    made_with = content.get("made_with")
    return Draft(
        content["study"],
        content["wave"],
        content["previous_wave"] or "",
        content["like"] or "",
        content["delivered_as"],
        list(content.get("files") or []),
        int(content.get("unchanged_columns") or 0),
        proposals,
        content.get("following_wave") or "",
        dict(made_with) if isinstance(made_with, Mapping) else {},
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
