"""Labels without what does not change their meaning, the same here as in the warehouse.

The macro `plain_words` does the same in SQL, step by step: what it calls another wording stops the
build, so that it has to be found, and decided, in review.
"""

import re

# Quotes and dashes of whatever kind, and blanks, as their plain ones.
_ALIKE = str.maketrans(
    "\u2018\u2019\u201a\u201b\u00b4`\u02bc\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00a0\u2009\u202f\u2026",
    "'''''''" + '"""""""' + "-------" + "   " + ".",
)
_NAME_END = r"[\])]?\s*(?:[.:)]|-\s)\s*(\S)"
_NUMBER = (
    r"^\s*[\[(]?\s*[a-z]{0,3}[-_.]?[0-9]{1,3}"
    r"(?:[-_]?[a-z][a-z0-9]{0,4}|[-_.]\s?[a-z0-9]{1,5}){0,3}"
    r"\s*(?:[\])]|[.:)]|\s-)\s+(\S)"
)
# Where punctuation decides what a number is, this mark behind it keeps it.
_KEPT = "\u241f"
_STEPS = (
    (r"won't([^a-z]|$)", r"will not\1"),
    (r"(?:can't|cannot)([^a-z]|$)", r"can not\1"),
    (r"n't([^a-z]|$)", r" not\1"),
    (r"'s([^a-z]|$)", r"\1"),
    # Twice, since the digit behind may be the one before the next.
    (r"([0-9])([.,/:])([0-9])", rf"\1\2{_KEPT}\3"),
    (r"([0-9])([.,/:])([0-9])", rf"\1\2{_KEPT}\3"),
    (r"(^|[^a-z0-9])-([0-9])", rf"\1-{_KEPT}\2"),
    (
        r"[\s;?!()_\"'\[\]{}\\&|\u00a9\u00ae\u2122\u00a8\u00af\u00bf\u00a1\u00b7\u2022\u00ad\u200b\ufeff]",
        "",
    ),
    (rf"[.,/:-]+([^.,/:{_KEPT}-]|$)", r"\1"),
)


def plain_words(label: str, name: str | None = None) -> str:
    """Give a label without case, blanks, punctuation, and kinds of quotes and dashes.

    Args:
        label: the label.
        name: of a column's label the column's name: with it a question number is left out too.
    """
    text = label.lower().translate(_ALIKE)
    if name is not None:
        own = re.sub(r"[^a-z0-9]+", "[^a-z0-9]*", name.lower(), flags=re.ASCII)
        text = re.sub(rf"^[^a-z0-9]*{own}{_NAME_END}", r"\1", text, flags=re.ASCII)
        text = re.sub(_NUMBER, r"\1", text, flags=re.ASCII)
    for pattern, replacement in _STEPS:
        text = re.sub(pattern, replacement, text, flags=re.ASCII)
    return text


def same_label(one: str, other: str, name: str = "", other_name: str | None = None) -> bool:
    """Say whether two labels of columns differ in typography and question numbers at most."""
    other_name = name if other_name is None else other_name
    return plain_words(one, name) == plain_words(other, other_name)
