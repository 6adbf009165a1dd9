"""The codebook rows of the wave itself, its files, and a new study."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavehouse.codebook.tables import Codebook, Row, wave_number
from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.tables import AS_DELIVERED, ReadingOptions
from wavehouse_exchange.onboarding.draft import TO_FILL_IN, Change, Proposal
from wavehouse_exchange.onboarding.profile import WaveProfile


@dataclass(frozen=True)
class WaveOptions:
    """What the user says of a wave; what is None is worked out, or left to be filled in."""

    label: str | None = None
    date: str | None = None
    fieldwork_start: str | None = None
    fieldwork_end: str | None = None
    expected: str | None = None
    key: str | None = None
    delivered_as: str | None = None
    like: str | None = None
    reading: ReadingOptions = AS_DELIVERED
    replace: bool = False
    keep: Sequence[str] | None = None
    concordance: Path | None = None
    same_file: bool = False


@dataclass(frozen=True)
class StudyOptions:
    """What the user says of a new study."""

    label: str | None = None
    respondent: str | None = None
    weight: str | None = None
    stratum: str | None = None
    psu: str | None = None
    producer: str | None = None
    universe: str | None = None
    citation: str | None = None
    terms: str | None = None
    rule: str = "market_research"

    @property
    def roles(self) -> dict[str, str]:
        """The columns of the design, by role."""
        named = {
            "respondent": self.respondent,
            "stratum": self.stratum,
            "psu": self.psu,
            "weight": self.weight,
        }
        return {role: column for role, column in named.items() if column}


def wave_proposal(
    codebook: Codebook,
    new: WaveProfile,
    like: Row | None,
    options: WaveOptions,
    delivered_as: str,
    design_id: str,
) -> Proposal:
    """Draft the wave's row."""
    waves = [row for row in codebook.waves() if row["study_id"] == new.study_id]
    date, date_reason = _date(new, like, options)
    sample, sample_reason, confidence = _sample(new, waves)
    label = options.label or _label(codebook, new, like)
    row = {
        "study_id": new.study_id,
        "wave_id": new.wave_id,
        "wave_number": str(max((wave_number(wave) for wave in waves), default=0) + 1),
        "wave_label": label,
        "wave_date": date,
        "fieldwork_start": options.fieldwork_start or "",
        "fieldwork_end": options.fieldwork_end or "",
        "design_id": design_id,
        "sample_id": sample,
        "expected_respondents": options.expected or str(new.row_count),
        "delivered_as": "" if delivered_as == "seed" else delivered_as,
    }
    if date_reason:
        confidence = min(confidence, 0.7)
    reasons = [f"{new.row_count} rows delivered", date_reason, sample_reason]
    if options.expected is None:
        reasons.append(
            "expected_respondents is the number of delivered rows: compare it with the producer's "
            "report"
        )
    return Proposal(
        "wave",
        new.wave_id,
        confidence,
        "; ".join(reason for reason in reasons if reason),
        [{"table": "waves", "add": {c: value for c, value in row.items() if value}}],
    )


def delivery_proposal(study_id: str, wave_id: str, files: Sequence[Mapping[str, str]]) -> Proposal:
    """Draft the rows of the files that a landed wave is made of."""
    return Proposal(
        "delivery",
        wave_id,
        1.0,
        f"{len(files)} file(s), with their checksums; write a url if they are public",
        [
            {
                "table": "deliveries",
                "add": {
                    "study_id": study_id,
                    "wave_id": wave_id,
                    "position": str(position),
                    "file_name": file["file_name"],
                    "sha256": file["sha256"],
                    "size_bytes": file["size_bytes"],
                    **_reading(file),
                },
            }
            for position, file in enumerate(files, start=1)
        ],
    )


def replaced_delivery_proposals(
    codebook: Codebook, wave: Row, row_count: int, files: Sequence[Mapping[str, str]]
) -> list[Proposal]:
    """Draft what the codebook says otherwise of a wave whose files were replaced.

    Args:
        codebook: the codebook.
        wave: the wave's row.
        row_count: the rows that are delivered now.
        files: name, checksum and size of each file; none where the wave is a seed.

    Raises:
        WavehouseError: there are fewer files than before.
    """
    key = {"study_id": wave["study_id"], "wave_id": wave["wave_id"]}
    listed = {
        row["position"] for row in codebook.rows("deliveries") if key.items() <= dict(row).items()
    }
    if files and len(files) < len(listed):
        raise WavehouseError(
            f"seeds/codebook/deliveries.csv lists {len(listed)} files of wave {key['wave_id']}, "
            f"but {len(files)} are delivered. Remove the rows of the others first."
        )
    changes: list[dict[str, Any]] = []
    for number, file in enumerate(files, start=1):
        values = {"reading_options": "", **file}
        row = {**key, "position": str(number)}
        changes.append(
            {"table": "deliveries", "where": row, "set": values}
            if row["position"] in listed
            else {"table": "deliveries", "add": {**row, **file}}
        )
    proposals = []
    if changes:
        what = f"{len(files)} file(s) in place of others; urls stay as they are"
        proposals.append(Proposal("delivery", wave["wave_id"], 1.0, what, changes))
    if wave["expected_respondents"] != str(row_count):
        proposals.append(
            Proposal(
                "wave",
                wave["wave_id"],
                0.7,
                f"{row_count} rows delivered, {wave['expected_respondents']} expected: compare it "
                "with the producer's report",
                [
                    {
                        "table": "waves",
                        "where": key,
                        "set": {"expected_respondents": str(row_count)},
                    }
                ],
            )
        )
    return proposals


def reading_proposals(notes: Sequence[str]) -> list[Proposal]:
    """Ask about what was assumed when files were read."""
    return [
        Proposal(
            "assumed_reading",
            note.partition(":")[0].partition(",")[0],
            0.5,
            f"{note} No row is needed: accept if it is right",
        )
        for note in notes
    ]


def _reading(file: Mapping[str, str]) -> dict[str, str]:
    return {"reading_options": file["reading_options"]} if "reading_options" in file else {}


def design_column(design_id: str, role: str, column: str, position: int = 1) -> Change:
    """Give the row by which a delivered column has a role in a design."""
    return {
        "table": "design_columns",
        "add": {
            "design_id": design_id,
            "design_role": role,
            "position": str(position),
            "source_column": column,
        },
    }


def study_proposals(new: WaveProfile, design_id: str, options: StudyOptions) -> list[Proposal]:
    """Draft the rows of a study and its design."""
    label = options.label or TO_FILL_IN
    study = {
        "study_id": new.study_id,
        "study_label": label,
        "description": f"{label}." if options.label else TO_FILL_IN,
        "universe": options.universe or TO_FILL_IN,
        "producer": options.producer or TO_FILL_IN,
        "citation": options.citation or TO_FILL_IN,
        "terms_of_use": options.terms or TO_FILL_IN,
        "publication_rule_id": options.rule,
        "ci_level": "0.95",
        "adjustment_method": "benjamini_hochberg",
    }
    named = ", ".join(f"{role} is {column}" for role, column in options.roles.items())
    lacking = ", ".join(role for role in ("stratum", "psu", "weight") if role not in options.roles)
    design = {
        "design_id": design_id,
        "study_id": new.study_id,
        "design_label": f"Design of {options.label or new.study_id}",
        "lonely_psu": "adjust",
        "applies_fpc": "false",
        "allows_zero_weights": "false",
        "variance_method": "taylor",
        "description": f"Design columns: {named}." + (f" Without {lacking}." if lacking else ""),
    }
    columns = [design_column(design_id, role, column) for role, column in options.roles.items()]
    return [
        Proposal(
            "study",
            new.study_id,
            0.5,
            "a new study; read its terms of use before you pass on its data",
            [{"table": "studies", "add": study}],
        ),
        Proposal(
            "design",
            design_id,
            0.8,
            named
            + (
                f"; it has no {lacking}, so errors are those of a simpler sample" if lacking else ""
            ),
            [{"table": "designs", "add": design}, *columns],
        ),
    ]


def _label(codebook: Codebook, new: WaveProfile, like: Row | None) -> str:
    """Put the wave's id into the label of the wave before, where that has its own."""
    if like is not None:
        own = re.compile(rf"\b{re.escape(like['wave_id'])}$")
        if own.search(like["wave_label"]):
            return own.sub(new.wave_id, like["wave_label"])
    return f"{codebook.study_label(new.study_id)} {new.wave_id}"


def _date(new: WaveProfile, like: Row | None, options: WaveOptions) -> tuple[str, str]:
    if options.date:
        return options.date, ""
    if options.fieldwork_start:
        return options.fieldwork_start, "wave_date is the first day of fieldwork"
    is_year = new.wave_id.isdecimal() and len(new.wave_id) == 4
    if is_year and like is not None and like["wave_date"].startswith(like["wave_id"]):
        date = like["wave_date"].replace(like["wave_id"], new.wave_id, 1)
        return date, f"wave_date {date} is a guess from {like['wave_date']} of the wave before"
    return TO_FILL_IN, "wave_date is to be filled in (or give --date)"


def _sample(new: WaveProfile, waves: list[Row]) -> tuple[str, str, float]:
    """Guess whether the wave shares its people or places with those before."""
    own = f"{new.study_id}_{new.wave_id}"
    if not waves:
        return own, "", 0.96
    samples = {wave["sample_id"] for wave in waves}
    if len(waves) > 1 and len(samples) == 1:
        return samples.pop(), "sample_id is that of all waves before", 0.96
    if len(waves) > 1 and len(samples) == len(waves):
        return own, "sample_id is its own, as of all waves before", 0.96
    return (
        own,
        "sample_id is new: if people or places are the same as before, use the earlier sample_id",
        0.7,
    )
