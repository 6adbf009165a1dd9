"""Write the package's name before its macros and generic tests where they are called.

Within Wavehouse's own repository `{{ sql_text(x) }}` finds the macro. In a project that reads it as
a package dbt wants `{{ wavehouse.sql_text(x) }}`, and so it does within macros of the package that
models of such a project call.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from wavehouse.product import PACKAGE

DEFINED = re.compile(r"{%-?\s*(macro|test)\s+(\w+)\s*\(")
# Comments of Jinja are left alone; macros are called within the others.
BLOCK = re.compile(r"({#.*?#})|({{.*?}}|{%.*?%})", re.DOTALL)
DEFINING = re.compile(r"{%-?\s*(?:macro|test|materialization)\s")
TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
# dbt looks for these in the project itself.
OF_PROJECT = {"generate_schema_name", "get_seed_column_quoted_csv"}


def defined_names(files: Iterable[Path]) -> tuple[set[str], set[str]]:
    """Give the names of macros and of generic tests that SQL files define."""
    macros, tests = set(), set()
    for path in files:
        for kind, name in DEFINED.findall(path.read_text(encoding="utf-8")):
            (macros if kind == "macro" else tests).add(name)
    return macros - OF_PROJECT, tests


def qualified_sql(text: str, macros: Collection[str]) -> str:
    """Give SQL with the package's name before each call of one of its macros."""
    if not macros:
        return text
    call = re.compile(rf"(?<![\w.'\"])({'|'.join(sorted(macros, key=len, reverse=True))})(?=\s*\()")

    def in_block(found: re.Match[str]) -> str:
        block = found[2]
        if block is None or DEFINING.match(block):
            return found[0]
        parts, end = [], 0
        for said in TEXT.finditer(block):
            parts += [call.sub(rf"{PACKAGE}.\1", block[end : said.start()]), said[0]]
            end = said.end()
        return "".join([*parts, call.sub(rf"{PACKAGE}.\1", block[end:])])

    return BLOCK.sub(in_block, text)


def qualified_yaml(text: str, tests: Collection[str]) -> str:
    """Give YAML with the package's name before each of its generic tests."""
    if not tests:
        return text
    names = "|".join(sorted(tests, key=len, reverse=True))
    return re.sub(rf"^(\s*- )({names})(:|\s*$)", rf"\1{PACKAGE}.\2\3", text, flags=re.MULTILINE)
