"""What a made-up survey can ask: batteries and single questions in three languages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "fr", "es")
PLACE = Path(__file__).parent

# A text by language.
Text = dict[str, str]


@dataclass(frozen=True)
class Scale:
    """A code list: labels in order from the code `first`, and which missing answers it has."""

    labels: tuple[Text, ...]
    first: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A question, as every round that asks it means it.

    `block` is its battery, or itself; `kind` is codes, number, open, id, weight or date. `numbers`
    are the middle, spread and limits of a number, `words` what open answers are made of, `asked`
    the share of people who are asked. `like` is the question that this one is a twin of.
    """

    key: str
    topic: str
    block: str
    kind: str
    text: Text
    reworded: Text | None = None
    twin: Text | None = None
    name: Text | None = None
    scale: str = ""
    numbers: tuple[float, ...] = ()
    words: tuple[Text, ...] = ()
    asked: float = 1.0
    like: str = ""

    def as_twin(self) -> Question:
        """Give the question that looks like this one and is another."""
        assert self.twin is not None
        return replace(
            self,
            key=f"{self.key}*",
            block=f"{self.block}*",
            text=self.twin,
            reworded=None,
            twin=None,
            like=self.key,
        )


def split(text: str) -> Text:
    """Read a text that is written in all languages, with bars between them."""
    texts = [part.strip() for part in text.split(" | ")]
    if len(texts) != len(LANGUAGES):
        raise ValueError(f"{text!r} needs {len(LANGUAGES)} languages.")
    return dict(zip(LANGUAGES, texts, strict=True))


@cache
def read(name: str) -> Any:  # noqa: ANN401
    """Read one of the YAML files here."""
    return yaml.safe_load((PLACE / f"{name}.yml").read_text(encoding="utf-8"))


@cache
def scales() -> dict[str, Scale]:
    """Give all code lists."""
    return {
        name: Scale(
            tuple(split(label) for label in read("codes")[name]),
            about.get("first", 1),
            tuple(about["missing"]),
        )
        for name, about in read("scales").items()
    }


@cache
def missing_labels() -> dict[str, tuple[Text, ...]]:
    """Give the labels of each kind of missing answer."""
    return {
        kind: tuple(split(label) for label in labels)
        for kind, labels in read("codes")["missing"].items()
    }


@cache
def items() -> dict[str, tuple[Text, ...]]:
    """Give the lists of items."""
    return {name: tuple(split(text) for text in texts) for name, texts in read("items").items()}


@cache
def questions() -> tuple[Question, ...]:
    """Give all questions, in the order of a questionnaire."""
    found = [
        _question(f"{topic}_{number}", topic, about)
        for topic, entries in read("questions").items()
        for number, about in enumerate(entries, 1)
    ]
    for topic, batteries in read("batteries").items():
        for block, about in batteries.items():
            for number, item in enumerate(items()[about["items"]], 1):
                question = _question(f"{block}_{number}", topic, about)
                found.append(
                    replace(
                        question,
                        block=block,
                        text=_filled(question.text, item),
                        reworded=question.reworded and _filled(question.reworded, item),
                        twin=question.twin and _filled(question.twin, item),
                    )
                )
    return tuple(found)


def _question(key: str, topic: str, about: dict[str, Any]) -> Question:
    kind = about.get("kind") or ("number" if "numbers" in about else "codes")
    return Question(
        key=key,
        topic=topic,
        block=key,
        kind=kind,
        text=split(about["text"]),
        reworded=split(about["reworded"]) if "reworded" in about else None,
        twin=split(about["twin"]) if "twin" in about else None,
        name=split(about["name"]) if "name" in about else None,
        scale=about.get("scale", ""),
        numbers=tuple(about.get("numbers", ())),
        words=items()[about["words"]] if "words" in about else (),
        asked=about.get("asked", 1.0),
    )


def _filled(text: Text, item: Text) -> Text:
    filled = {language: text[language].replace("{}", item[language]) for language in LANGUAGES}
    return {language: words[0].upper() + words[1:] for language, words in filled.items()}
