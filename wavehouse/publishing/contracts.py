"""The contracts of the public tables: what was released once may be extended, and not taken back.

dbt compares contracts with the manifest of an earlier state, which is megabytes of a file that
nobody reviews. So the few facts that readers rely on are kept in a small file of their own.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from wavehouse.building.dbt import run_dbt
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.readers import readers_of
from wavehouse.writing import write_whole

RECORD = "models/marts/released_contracts.json"
SCHEMA = "marts"
# Not published, but dashboards of those who run the warehouse rely on them.
OPERATIONS = "operations"
HOW = (
    "Keep the old version as it was, and make a new one. The guide says how, in the page "
    "`Change a public table` (`make docs` writes it into the docs site)."
)


@dataclass(frozen=True)
class Contract:
    """What readers of one public table rely on."""

    model: str
    key: tuple[str, ...]
    columns: dict[str, str]
    deprecation_date: str | None
    is_latest: bool = True
    is_enforced: bool = True
    readers: tuple[str, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """Give it as it stands in the file."""
        return {
            "deprecation_date": self.deprecation_date,
            "key": list(self.key),
            "columns": self.columns,
        }


def check_contracts(project: Project) -> int:
    """Make sure that no released contract is broken, and that all are recorded; give their number.

    Raises:
        ProblemsError: a contract is broken, or the record lacks something new.
    """
    contracts = parsed_contracts(project)
    record = read_record(project)
    refuse_broken(record, contracts)
    if record != as_record(contracts):
        raise ProblemsError(
            "The record of the public tables is out of date:",
            [f"{RECORD}: run `make generate`, and commit it with your change."],
        )
    return len(record)


def record_contracts(project: Project) -> bool:
    """Add new public tables and columns to the record; tell whether it changed.

    Raises:
        ProblemsError: a released contract is broken; the record stays as it is.
    """
    contracts = parsed_contracts(project)
    record = read_record(project)
    refuse_broken(record, contracts)
    new = as_record(contracts)
    if new == record:
        return False
    write_whole(project.root / RECORD, json.dumps(new, indent=2) + "\n")
    return True


def parsed_contracts(project: Project) -> dict[str, Contract]:
    """Let dbt read the project, and give the contract of each public table by its name.

    Raises:
        WavehouseError: dbt cannot read the project.
    """
    if run_dbt(project, "parse", "--target", "duckdb", "--quiet") != 0:
        raise WavehouseError("dbt cannot read the project; see the messages above.")
    return contracts_of(json.loads((project.target / "manifest.json").read_text(encoding="utf-8")))


def contracts_of(manifest: dict[str, Any]) -> dict[str, Contract]:
    """Give the contract of each public table of a manifest, by the name of its relation."""
    return {
        node["alias"]: Contract(
            model=node["name"] + (f".v{node['version']}" if node.get("version") else ""),
            key=primary_key(node),
            columns={column["name"]: column["data_type"] for column in node["columns"].values()},
            deprecation_date=str(node["deprecation_date"])[:10]
            if node.get("deprecation_date")
            else None,
            is_latest=not _is_below(node.get("version"), node.get("latest_version")),
            is_enforced=node["config"]["contract"]["enforced"],
            readers=tuple(readers_of(manifest, [node["unique_id"]])),
        )
        for node in sorted(manifest["nodes"].values(), key=lambda each: each["alias"])
        if node["resource_type"] == "model"
        and node["config"]["enabled"]
        and ((node["schema"], node["access"]) == (SCHEMA, "public") or node["schema"] == OPERATIONS)
    }


def primary_key(node: dict[str, Any]) -> tuple[str, ...]:
    """Give the columns of the primary key that the contract of a model of a manifest declares."""
    return tuple(
        column
        for constraint in node["constraints"]
        if constraint["type"] == "primary_key"
        for column in constraint["columns"]
    )


def _is_below(version: str | float | None, latest: str | float | None) -> bool:
    """Tell whether a version is older than the latest; one that is ahead of it is not."""
    if version is None or latest is None:
        return False
    if isinstance(version, int | float) and isinstance(latest, int | float):
        return version < latest
    return str(version) < str(latest)


def read_record(project: Project) -> dict[str, dict[str, Any]]:
    """Read the released contracts; none if nothing was released."""
    path = project.root / RECORD
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def refuse_broken(record: dict[str, dict[str, Any]], contracts: dict[str, Contract]) -> None:
    """Compare the released contracts with those of now.

    Raises:
        ProblemsError: what was taken away or changed, all at once.
    """
    problems = []
    today = date.today().isoformat()
    for name, released in record.items():
        ends = released["deprecation_date"]
        now = contracts.get(name)
        if now is None:
            if not ends:
                problems.append(f"{name}: the table was released, but is gone. {HOW}")
            elif ends > today:
                problems.append(
                    f"{name}: the table was promised until {ends}, but is gone. Keep it until then."
                )
            continue
        where = f"{name} (model {now.model})"
        who = f" It is read by: {'; '.join(now.readers)}." if now.readers else ""
        for column, data_type in released["columns"].items():
            if column not in now.columns:
                problems.append(f"{where}: the column {column} is gone or renamed. {HOW}{who}")
            elif now.columns[column] != data_type:
                problems.append(
                    f"{where}: the column {column} was {data_type} and is {now.columns[column]}. "
                    f"{HOW}{who}"
                )
        if list(now.key) != released["key"]:
            problems.append(
                f"{where}: the key was {', '.join(released['key'])}, and is now "
                f"{', '.join(now.key) or 'none'}. {HOW}{who}"
            )
        if not ends and now.deprecation_date:
            if now.is_latest:
                problems.append(
                    f"{where}: it has a deprecation_date, but there is no newer version that "
                    f"readers could use. {HOW}"
                )
            if now.deprecation_date <= today:
                problems.append(
                    f"{where}: it was released without an end, and its deprecation_date "
                    f"{now.deprecation_date} is not in the future. Give readers time: write a "
                    "later day."
                )
        if ends and (not now.deprecation_date or now.deprecation_date < ends):
            problems.append(
                f"{where}: it was promised until {ends}. Do not remove deprecation_date, or make "
                "it earlier."
            )
    problems += [
        f"{name} (model {now.model}): its contract is not enforced, so its columns may change "
        "unnoticed. Remove `enforced: false`."
        for name, now in contracts.items()
        if not now.is_enforced
    ]
    problems += [
        f"{name} (model {now.model}): the version is not the latest and has no deprecation_date. "
        "Write into its YAML how long it stays."
        for name, now in contracts.items()
        if not now.is_latest and not now.deprecation_date
    ]
    if problems:
        raise ProblemsError("Contracts of public tables are broken:", problems)


def as_record(contracts: dict[str, Contract]) -> dict[str, dict[str, Any]]:
    """Give the contracts as the file holds them.

    Where nothing is broken, they have all that was released, but for tables whose time is over.
    """
    return {name: contract.as_record() for name, contract in sorted(contracts.items())}
