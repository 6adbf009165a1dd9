"""What all generated files have in common: their marker, and how sentences end."""

from pathlib import PurePosixPath

from wavehouse.generated import BY

# The first line of files that the codebook says.
MARKER = f"{BY} from the codebook; edit seeds/codebook instead"
# Of files that the product brings, and that dbt needs in the project.
BROUGHT = f"{BY} from what Wavehouse brings; `wavehouse upgrade` changes it"

# Generated files as they should be, by path from the root.
Texts = dict[PurePosixPath, str]


def sentence(text: str) -> str:
    """End a text with a full stop, unless it ends like a sentence."""
    text = text.strip()
    return text if text.endswith((".", "?", "!")) else f"{text}."


def yaml_file(lines: list[str]) -> str:
    """Give the text of a generated YAML file."""
    return "\n".join([f"# {MARKER}", *lines]) + "\n"
