"""What is wrong with the project's descriptions and texts, as lists of problems.

Each function takes what it judges (a manifest, a text, a set of names) and nothing else, so that
tests can hand it made-up faults. An empty list means that all is well.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

PACKAGE = "wavehouse"
Manifest = dict[str, Any]
Catalogue = Mapping[tuple[str, str], Collection[str]]

# Words that begin with a small letter at the start of a sentence too.
SMALL_STARTS = ("p-value", "p-values", "t statistic")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
QUERY = re.compile(r"^```sql\n(.*?)^```$\n*((?:^\|[^\n]*\n?)*)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)\b(?!=)")
COMMAND = re.compile(r"\bwavehouse ([a-z][a-z-]*)\b")
SIGNATURE = re.compile(r"{%-?\s*(?:macro|test)\s+\w+\s*\((.*?)\)\s*-?%}", re.DOTALL)
IMPLEMENTATION = re.compile(r"(default|duckdb|postgres)__(.+)")
# Layers that the models of a layer may read; `seed` stands for all seeds.
MAY_READ = {
    # What of the codebook is left out depends on what is landed.
    "staging": {"seed", "source", "codebook", "landing"},
    "intermediate": {"staging", "codebook", "reference", "landing", "intermediate"},
    "marts": {"intermediate", "marts"},
}
# Rooms of the intermediate layer, in order: folders of models/intermediate.
ROOMS = (
    "codebook",
    "delivered",
    "checks",
    "answers",
    "segments",
    "measures",
    "comparisons",
    "design",
    "moments",
    "estimates",
    "rules",
    "disclosure",
    "published",
    "program",
    "contrasts",
    "associations",
    "drift",
    "dictionary",
    "revisions",
)
# What a reader still has in view at once.
MODELS_OF_A_FOLDER = 16


def is_sentence(text: str) -> bool:
    """Tell whether a text begins like a sentence and ends like one."""
    text = text.strip()
    starts = text[:1].isupper() or text[:1] in "`*0123456789" or text.startswith(SMALL_STARTS)
    return bool(text) and starts and text.endswith((".", "?", "!", "```"))


def own(resources: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the resources of this project, leaving those of dbt and its adapters aside."""
    return (each for each in resources.values() if each["package_name"] == PACKAGE)


def description_problems(manifest: Manifest) -> list[str]:
    """List what is not described by a sentence: nodes and their columns, tests, groups, ..."""
    problems = []
    kinds = ("nodes", "exposures", "groups", "unit_tests", "sources")
    for each in chain.from_iterable(own(manifest.get(kind, {})) for kind in kinds):
        # Hooks of the project are nodes too, which nobody can describe.
        if each["resource_type"] == "operation":
            continue
        name = f"{each['resource_type']} {each['name']}"
        if not is_sentence(each.get("description") or ""):
            problems.append(f"{name}: its description is not a sentence")
        problems += [
            f"{name}: the description of column {column} is not a sentence"
            for column, said in each.get("columns", {}).items()
            if not is_sentence(said["description"] or "")
        ]
    return problems


def made_up_name_problems(manifest: Manifest) -> list[str]:
    """List data tests that have the name that dbt makes up instead of one that says what holds."""
    return [
        f"test {node['name']}: give it a name that says what holds"
        for node in own(manifest["nodes"])
        if (node.get("test_metadata") or {}).get("name")
        and node["name"].startswith(f"{node['test_metadata']['name']}_{tested_model(node)}")
    ]


def tested_model(test: Mapping[str, Any]) -> str:
    """Give the name of the model or seed that a data test belongs to."""
    return (test.get("attached_node") or "").split(".")[-1]


def macro_problems(manifest: Manifest) -> list[str]:
    """List macros without a description, and arguments that are not described or do not exist.

    An engine's version of a macro needs no description of its own.
    """
    problems = []
    macros = {macro["name"]: macro for macro in own(manifest["macros"])}
    for name, macro in macros.items():
        version = IMPLEMENTATION.fullmatch(name)
        if version and version[2] in macros and not macro["description"]:
            continue
        if not is_sentence(macro["description"] or ""):
            problems.append(f"macro {name}: its description is not a sentence")
        # Those of a materialization are dbt's own.
        if name.startswith("materialization_"):
            continue
        described = {argument["name"]: argument for argument in macro["arguments"]}
        real = macro_arguments(macro)
        problems += [
            f"macro {name}: argument {each} is not described" for each in real - set(described)
        ]
        problems += [f"macro {name}: there is no argument {each}" for each in set(described) - real]
        problems += [
            f"macro {name}: argument {each} has no type or no sentence"
            for each, argument in described.items()
            if not argument["type"] or not is_sentence(argument["description"] or "")
        ]
    return problems


def macro_arguments(macro: Mapping[str, Any]) -> set[str]:
    """Read the names of a macro's arguments from its first line."""
    found = SIGNATURE.search(macro["macro_sql"])
    if not found:
        raise ValueError(f"macro {macro['name']} cannot be read")
    # A default may have commas of its own.
    arguments = re.sub(r"\[.*?\]|'[^']*'|\"[^\"]*\"", "", found[1])
    return {part.split("=")[0].strip() for part in arguments.split(",")} - {""}


def column_problems(manifest: Manifest, catalogue: Catalogue) -> list[str]:
    """Compare the described columns with those of the database, both ways.

    Args:
        manifest: of dbt.
        catalogue: the columns of each table, by schema and name.
    """
    problems = []
    for node in own(manifest["nodes"]):
        if node["resource_type"] not in ("model", "seed"):
            continue
        # Ephemeral models are parts of others, and no tables.
        if node["config"].get("materialized") == "ephemeral":
            continue
        relation = (node["schema"], node["alias"])
        if relation not in catalogue:
            problems.append(f"{node['resource_type']} {node['name']}: is not in the database")
            continue
        described, real = set(node["columns"]), set(catalogue[relation])
        name = f"{node['resource_type']} {node['name']}"
        problems += [f"{name}: column {each} is not described" for each in sorted(real - described)]
        problems += [f"{name}: there is no column {each}" for each in sorted(described - real)]
    return problems


def doc_block_problems(manifest: Manifest, texts: Iterable[str]) -> list[str]:
    """List doc blocks that no YAML text uses. Names such as `__overview__` are dbt's own."""
    used = set(re.findall(r"doc\(\s*['\"](\w+)['\"]\s*\)", "\n".join(texts)))
    return [
        f"doc block {block['name']}: nothing uses it"
        for block in own(manifest["docs"])
        if block["name"] not in used and not block["name"].startswith("__")
    ]


def site_link_problems(manifest: Manifest) -> list[str]:
    """List links of doc blocks to pages of the docs site that do not exist."""
    pages = {**manifest["nodes"], **manifest["macros"], **manifest["exposures"]}
    kinds = {(page["resource_type"], unique_id) for unique_id, page in pages.items()}
    # A block named after a package is the page of its folder.
    kinds |= {("overview", block["name"].strip("_")) for block in own(manifest["docs"])}
    return [
        f"doc block {block['name']}: {kind} {unique_id} does not exist"
        for block in own(manifest["docs"])
        for kind, unique_id in re.findall(r"#!/(\w+)/([\w.]+)", block["block_contents"])
        if (kind, unique_id) not in kinds
    ]


def exposure_problems(manifest: Manifest, names: tuple[str, ...]) -> list[str]:
    """List public models that all of some exposures leave out."""
    exposed = {
        unique_id
        for each in own(manifest["exposures"])
        if each["name"] in names
        for unique_id in each["depends_on"]["nodes"]
    }
    return [
        f"exposure {names[0]}: {node['name']} is missing"
        for node in own(manifest["nodes"])
        if node["resource_type"] == "model"
        and node["config"]["access"] == "public"
        and node["unique_id"] not in exposed
    ]


def layer_problems(manifest: Manifest, gate: str) -> list[str]:
    """List models that skip a layer, and public ones that do not come after the checks.

    Checks may read the codebook as its authors wrote it.
    """
    problems = []
    models = [node for node in own(manifest["nodes"]) if node["resource_type"] == "model"]
    for model in models:
        layer, folder = model["fqn"][1:3]
        is_of_operations = folder == "operations"
        allowed = MAY_READ[layer] | ({"seed"} if folder == "checks" else set())
        # What the machine did needs no room: it is as it is recorded, whatever files hold.
        allowed |= {"staging"} if layer == "marts" and is_of_operations else set()
        for parent_id in model["depends_on"]["nodes"]:
            parent = manifest["nodes"].get(parent_id) or manifest["sources"][parent_id]
            of_parent = parent["resource_type"]
            if of_parent == "model":
                of_parent = parent["fqn"][1]
                if of_parent == "staging" and parent["fqn"][2] in (
                    "codebook",
                    "reference",
                    "landing",
                ):
                    of_parent = parent["fqn"][2]
            if of_parent not in allowed:
                problems.append(f"model {model['name']}: reads {parent['name']} ({of_parent})")
        waits = layer == "marts" and not is_of_operations
        if waits and gate not in ancestors(manifest, model["unique_id"]):
            problems.append(f"model {model['name']}: does not wait for {gate}")
    return problems


def room_problems(manifest: Manifest) -> list[str]:
    """List intermediate models that read a later room, and rooms that are not as they should be.

    A room may read itself and those before it in `ROOMS`. The name of a model says its room.
    """
    problems = []
    nodes = manifest["nodes"]
    models = [
        node
        for node in own(nodes)
        if node["resource_type"] == "model" and node["fqn"][1] == "intermediate"
    ]
    for model in models:
        room = model["fqn"][2]
        if room not in ROOMS:
            problems.append(f"model {model['name']}: stands in no room: {room}")
            continue
        if not model["name"].startswith(f"int_{room}__"):
            problems.append(f"model {model['name']}: its name does not say its room, {room}")
        for parent_id in model["depends_on"]["nodes"]:
            fqn = nodes.get(parent_id, {}).get("fqn", [])
            is_room = fqn[1:2] == ["intermediate"] and fqn[2] in ROOMS
            if is_room and ROOMS.index(fqn[2]) > ROOMS.index(room):
                problems.append(f"model {model['name']}: reads {fqn[-1]} of a later room, {fqn[2]}")
    sizes = Counter("/".join(model["fqn"][2:-1]) for model in models)
    problems += [
        f"folder {folder}: has {size} models, more than {MODELS_OF_A_FOLDER}"
        for folder, size in sizes.items()
        if size > MODELS_OF_A_FOLDER
    ]
    return problems


def grain_problems(manifest: Manifest) -> list[str]:
    """List models whose descriptions do not say what a row is, and by what columns it is found.

    Where a test or a contract says which columns are the key, the description names the same
    ones. A part of another model may refer to that one.
    """
    nodes = manifest["nodes"]
    tested: dict[str, list[set[str]]] = {}
    for node in own(nodes):
        said = node.get("test_metadata") or {}
        if said.get("name") in ("unique_combination", "primary_key"):
            tested.setdefault(node["attached_node"], []).append(set(said["kwargs"]["columns"]))
    problems = []
    for model in own(nodes):
        if model["resource_type"] != "model":
            continue
        text = " ".join((model["description"] or "").split())
        whole = re.search(r"grain and key: those of `(\w+)`", text)
        if whole and f"model.{PACKAGE}.{whole[1]}" in nodes:
            continue
        name = f"model {model['name']}"
        if "Grain: one row per " not in text:
            problems.append(f"{name}: its description does not say its grain")
        said_key = re.search(r"Key: (none|`\w+`(?:, `\w+`)*)", text)
        if not said_key:
            problems.append(f"{name}: its description does not say its key")
            continue
        key = set(re.findall(r"`(\w+)`", said_key[1]))
        problems += [
            f"{name}: has no column {each}" for each in sorted(key - set(model["columns"]))
        ]
        keys = tested.get(model["unique_id"], [])
        if keys and key not in keys:
            problems.append(f"{name}: the key of its description is not the one that is tested")
    return problems


def ancestors(manifest: Manifest, unique_id: str) -> set[str]:
    """Give all that a node is made of."""
    found: set[str] = set()
    open_ends = [unique_id]
    while open_ends:
        for parent in manifest["parent_map"].get(open_ends.pop(), []):
            if parent not in found:
                found.add(parent)
                open_ends.append(parent)
    return found


def anchors(text: str) -> set[str]:
    """Give the anchors of the headings of a Markdown text, as code hosts make them."""
    headings = re.findall(
        r"^#+ +(.+)$", CODE.sub(lambda code: code[0].strip("`"), text), re.MULTILINE
    )
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings
    }


def link_problems(root: Path, file: Path) -> list[str]:
    """List links of a Markdown file to files and headings that do not exist."""
    problems = []
    name = file.relative_to(root).as_posix()
    for target in LINK.findall(CODE.sub("", file.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        aim = file.parent / path if path else file
        if not aim.exists():
            problems.append(f"{name}: {target} does not exist")
        elif anchor and anchor not in anchors(aim.read_text(encoding="utf-8")):
            problems.append(f"{name}: {target} has no such heading")
    return problems


def path_problems(root: Path, file: Path, made: Collection[str]) -> list[str]:
    """List files and folders that a Markdown file names in code and that do not exist.

    Args:
        root: top folder of the project.
        file: the Markdown file.
        made: folders that are made by commands, of which nothing can be said.
    """
    folders = {path.name for path in root.iterdir() if path.is_dir()} - set(made)
    name = file.relative_to(root).as_posix()
    problems = []
    for code in CODE.findall(file.read_text(encoding="utf-8")):
        for word in re.findall(r"[\w./<>-]+", code):
            path = word.rstrip(".,:")
            if path.split("/")[0] not in folders or "/" not in path or "<" in path:
                continue
            # Examples in the texts speak of a wave that is still to come.
            if not (root / path).exists() and "gss_2008" not in path:
                problems.append(f"{name}: {path} does not exist")
    return problems


def command_problems(text: str, targets: Collection[str], commands: Collection[str]) -> list[str]:
    """List commands in code that the Makefile or the command line does not have."""
    code = "\n".join(CODE.findall(text))
    return [f"there is no `make {each}`" for each in MAKE.findall(code) if each not in targets] + [
        f"there is no `wavehouse {each}`" for each in COMMAND.findall(code) if each not in commands
    ]


def make_targets(makefile: str) -> set[str]:
    """Give the targets of a Makefile that people may name."""
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def fences(text: str, language: str) -> list[str]:
    """Give the contents of the fenced blocks in a language, without their indentation."""
    return [
        "".join(line.removeprefix(indent) for line in content.splitlines(keepends=True))
        for indent, found, content in FENCE.findall(text)
        if found == language
    ]


def csv_example_problems(text: str, tables: Mapping[str, str]) -> list[str]:
    """List CSV examples whose header or rows are in none of the tables.

    Args:
        text: Markdown.
        tables: contents of the CSV files, by name.
    """
    problems = []
    for block in fences(text, "csv"):
        header, *rows = block.splitlines()
        # The library has tables with the same columns as the codebook.
        found = [table for table in tables.values() if table.startswith(header + "\n")]
        lines = {line for table in found for line in table.splitlines()}
        if not found:
            problems.append(f"no table has the header {header}")
        else:
            problems += [f"no table has the row {row}" for row in rows if row not in lines]
    return problems


def result_table(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """Run a query and write its result as a table of Markdown."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    rows = [["" if cell is None else cell_text(cell) for cell in row] for row in cursor.fetchall()]
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell_text(cell: object) -> str:
    """Write a value as SQL would, so that a Markdown table is not broken by it."""
    return (str(cell).lower() if isinstance(cell, bool) else str(cell)).replace("|", "\\|")


def result_problems(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """List queries of a text whose result is not the table that follows them.

    SQL with Jinja is a model, and no query.
    """
    problems = []
    for found in QUERY.finditer(text):
        query, shown = found[1], (found[2] or "").strip()
        if "{{" not in query and result_table(connection, query) != shown:
            problems.append(f"the result of this query is another one:\n{query}")
    return problems


def other_words(glossary: str) -> list[str]:
    """Give the words of a glossary that are not to be used: those in square brackets."""
    rows = [line for line in glossary.splitlines() if line.startswith("| ")]
    found = [words for row in rows for words in re.findall(r"\[([^\]]+)\](?!\()", row)]
    return [word.strip() for words in found for word in words.split(",")]


def word_problems(text: str, words: Iterable[str]) -> list[str]:
    """List words of a text that the glossary has another word for; those in code are free."""
    prose = re.sub(r"\s+", " ", CODE.sub("", text))
    return [word for word in words if re.search(rf"\b{re.escape(word)}\b", prose, re.IGNORECASE)]
