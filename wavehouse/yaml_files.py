"""YAML files of the project, read by PyYAML's parser in C where it is there: ten times quicker."""

from pathlib import Path
from typing import Any

import yaml

LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """Give what a YAML text holds.

    Raises:
        yaml.YAMLError: it is not readable.
    """
    return yaml.load(text, LOADER)  # a SafeLoader


def read_yaml(path: Path) -> Any:  # noqa: ANN401
    """Give what a YAML file holds.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is no YAML.
    """
    return parse_yaml(path.read_text(encoding="utf-8"))
