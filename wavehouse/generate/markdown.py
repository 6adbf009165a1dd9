"""Texts of the codebook as Markdown of a dbt doc block: whatever they hold, they show as they are.

The docs site reads an old Markdown: a pipe in a table ends the cell even with a backslash before
it, and an entity within a code span shows as it is written.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from wavehouse.escapes import no_jinja

# What would be emphasis, a link or code. Within a word, as in a name, `_` is none.
SPECIAL = re.compile(r"([\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_]))")
# Control characters: Markdown has no way to show them.
NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f]")
# What begins a list, a heading or a quotation at the start of a line.
LINE_START = re.compile(r"^(\d+)([.)])|^([#>+=-])")


def harmless(text: str) -> str:
    """Give a text on one line, without braces that dbt would take for Jinja."""
    return no_jinja(" ".join(text.split()))


def plain(text: str) -> str:
    """Give a text that shows as it is, anywhere in a line and in a table."""
    text = SPECIAL.sub(r"\\\1", harmless(text))
    text = LINE_START.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", text)
    return NOT_SHOWN.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")


def code(text: str) -> str:
    """Give a code in the letters of code, or as a plain text where such letters cannot hold it."""
    text = harmless(text)
    return plain(text) if not text or re.search(r"[`|]", text) else f"`{NOT_SHOWN.sub('', text)}`"


def codes(texts: Iterable[str]) -> str:
    """Give several codes in a row."""
    return ", ".join(code(text) for text in texts)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Give the lines of a table whose cells are Markdown, with an empty line after it."""
    return [
        f"| {' | '.join(header)} |",
        f"|{'|'.join('---' for _ in header)}|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def marked_difference(before: str, after: str) -> str:
    """Give the later of two texts: words that came are bold, words that went are struck through.

    Of texts that have little in common, only the later one is shown.
    """
    old, new = harmless(before).split(), harmless(after).split()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.5:
        return f"**{plain(after)}**" if new else ""
    parts = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            parts.append(plain(" ".join(new[c:d])))
            continue
        if b > a:
            parts.append(f"~~{plain(' '.join(old[a:b]))}~~")
        if d > c:
            parts.append(f"**{plain(' '.join(new[c:d]))}**")
    return " ".join(parts)
