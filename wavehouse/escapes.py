"""Texts of others, written into a language so that they stay texts: one function for each language.

Labels, codes and names come from codebooks and delivered files, and nothing in them may be run. All
that writes YAML, Jinja, SQL, scripts or CSV takes its functions from here; Markdown is in
`generate/markdown.py`, SQL within dbt in the macro `sql_text`.
"""

import json
import re
from typing import Any

# dbt's adapters put a comment between two of these, and refuse one within.
COMMENT_MARK = "$dbt_comment_literal_block"
# What YAML takes neither as it is nor for a plain letter: control characters, and its line ends.
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# What spreadsheets take for a formula, also behind blanks, and in the wide letters of East Asia.
FORMULA = re.compile(r"[\s']*[=+@\-\uff1d\uff0b\uff20\uff0d]|[\t\r\n]")
TERMINAL = re.compile(r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


# dbt ----------------------------------------------------------------------------------------------


def no_jinja(text: str) -> str:
    """Part the braces that dbt would take for Jinja, however many there are in a row."""
    return re.sub(r"\{(?=[{%#])", "{ ", text).replace(COMMENT_MARK, f"$ {COMMENT_MARK[1:]}")


def yaml_text(text: str) -> str:
    """Quote a text for YAML that dbt reads."""
    quoted = json.dumps(no_jinja(text), ensure_ascii=False)
    return NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def jinja_text(text: str) -> str:
    """Write a text as one of Jinja, within an expression; there are no braces in it."""
    return json.dumps(text).replace("{", "\\u007b").replace("}", "\\u007d")


# SQL ----------------------------------------------------------------------------------------------


def sql_text(text: object) -> str:
    """Write a text, or a path, as one of SQL; for where a parameter cannot stand."""
    return "'" + str(text).replace("'", "''") + "'"


def sql_name(name: str) -> str:
    """Write the name of a table or column in SQL."""
    return '"' + name.replace('"', '""') + '"'


# Web pages ----------------------------------------------------------------------------------------


def script_data(content: Any) -> str:  # noqa: ANN401
    """Write data into a script of a page: nothing in it can end the script, or begin another."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# Terminals ----------------------------------------------------------------------------------------


def terminal_text(text: str) -> str:
    """Write a text for a terminal: what it would obey is shown instead, but for colours."""
    return TERMINAL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


# Power Query --------------------------------------------------------------------------------------


def power_query_text(text: str) -> str:
    """Write a text as one of M, the language of Power Query."""
    return '"' + text.replace("#(", "#(#)(").replace('"', '""') + '"'


# Spreadsheets -------------------------------------------------------------------------------------


def csv_text(text: str) -> str:
    """Write a text into a CSV file, so that a spreadsheet that opens it runs no formula.

    What would be a formula gets an apostrophe before it; numbers stay. `text_of_csv` takes it away.
    """
    is_formula = FORMULA.match(text) and not NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def text_of_csv(cell: str) -> str:
    """Give the text that `csv_text` wrote."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


# How it is said where such files are described.
CSV_RULE = (
    "An apostrophe is put before texts that a spreadsheet would run as a formula. These are "
    "texts, not numbers, that begin with =, +, - or @ (also wide ones), perhaps after blanks and "
    "apostrophes, or with a tab or a line end. To read them, remove the first apostrophe."
)
