"""What reports have in common: pages from templates, and tables for the terminal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def page(template: str, number: Callable[[Any], str], **values: object) -> str:
    """Write a report as one HTML page that needs nothing else.

    Args:
        template: its name in `templates`, without the ending.
        number: writes numbers for readers, as the filter `number`.
        values: what the template shows.
    """
    environment = _environment(escapes=True)
    environment.filters["number"] = number
    return environment.get_template(f"{template}.html.j2").render(**values)


def text(template: str, **values: object) -> str:
    """Write a text that is no HTML, such as a mail or the file of a scheduler.

    Args:
        template: its name in `templates`, without `.j2`.
        values: what the template shows; nothing in them is escaped.
    """
    return _environment(escapes=False).get_template(f"{template}.j2").render(**values)


def _environment(*, escapes: bool) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("wavehouse", "templates"),
        autoescape=escapes,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Write rows of texts, of which the first is the header, with columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
