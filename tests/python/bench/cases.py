"""Given inputs and expected outputs of macros, the same on every engine."""

import math
from datetime import date
from itertools import product
from typing import Any, NamedTuple

from bench.judgement_cases import judged_inputs

HUGE = "9" * 400
TINY = f"0.{'0' * 400}1"


class Casts(NamedTuple):
    """What the casts make of a text; none where they give null."""

    number: float | None = None
    integer: int | None = None
    date: "date | None" = None
    boolean: bool | None = None


CASTS: dict[str | None, Casts] = {
    None: Casts(),
    "": Casts(),
    " ": Casts(),
    # texts that would end a text of SQL
    "'); drop table x; --": Casts(),
    "it's a backslash \\": Casts(),
    "$$ '' $$": Casts(),
    # numbers
    "12": Casts(number=12, integer=12),
    "+5": Casts(number=5, integer=5),
    "-5": Casts(number=-5, integer=-5),
    "-0": Casts(number=0, integer=0),
    "007": Casts(number=7, integer=7),
    "12.": Casts(number=12),
    "12.0": Casts(number=12),
    ".5": Casts(number=0.5),
    "-.5": Casts(number=-0.5),
    "+12.5": Casts(number=12.5),
    "1e5": Casts(number=1e5),
    "1E-5": Casts(number=1e-5),
    "-1.5e+05": Casts(number=-1.5e5),
    "1e99": Casts(number=1e99),
    "1e-99": Casts(number=1e-99),
    "3.141592653589793": Casts(number=math.pi),
    "33.846996307373": Casts(number=33.846996307373),
    "0.30000000000000004": Casts(number=0.1 + 0.2),
    "999999999": Casts(number=999_999_999, integer=999_999_999),
    "1234567890": Casts(number=1_234_567_890),
    "123456789012345678": Casts(number=123_456_789_012_345_680),
    # not numbers
    " 12": Casts(),
    "12 ": Casts(),
    "12\n": Casts(),
    "\t12": Casts(),
    "1 2": Casts(),
    "\u00a012": Casts(),
    ".": Casts(),
    "-": Casts(),
    "+": Casts(),
    "+-5": Casts(),
    "--5": Casts(),
    "5-": Casts(),
    "e5": Casts(),
    "1e": Casts(),
    "1e5.5": Casts(),
    "1e100": Casts(),
    "1.2.3": Casts(),
    "inf": Casts(),
    "-inf": Casts(),
    "Infinity": Casts(),
    "nan": Casts(),
    "NaN": Casts(),
    "1_000": Casts(),
    "1,000": Casts(),
    "1'000": Casts(),
    "0,5": Casts(),
    "0x10": Casts(),
    "0b1": Casts(),
    "$5": Casts(),
    "5%": Casts(),
    # digits of other scripts, a full-width one, a fraction, a superscript, a minus sign
    "١٢": Casts(),
    "１２": Casts(),  # noqa: RUF001
    "½": Casts(),
    "²": Casts(),
    "−5": Casts(),  # noqa: RUF001 (that is the point)
    # beyond what a number can hold
    HUGE: Casts(),
    TINY: Casts(),
    # dates
    "2001-12-31": Casts(date=date(2001, 12, 31)),
    "2000-02-29": Casts(date=date(2000, 2, 29)),
    "2004-02-29": Casts(date=date(2004, 2, 29)),
    "2001-02-28": Casts(date=date(2001, 2, 28)),
    "0001-01-01": Casts(date=date(1, 1, 1)),
    "9999-12-31": Casts(date=date(9999, 12, 31)),
    # not dates
    "2001-02-29": Casts(),
    "1900-02-29": Casts(),
    "2001-02-30": Casts(),
    "2001-04-31": Casts(),
    "2001-13-01": Casts(),
    "2001-00-10": Casts(),
    "2001-10-00": Casts(),
    "2001-10-32": Casts(),
    "0000-01-01": Casts(),
    "2001-1-1": Casts(),
    "01-01-2001": Casts(),
    "2001/12/31": Casts(),
    "2001-12-31 10:00": Casts(),
    " 2001-12-31": Casts(),
    "-2001-12-31": Casts(),
    "12001-12-31": Casts(),
    "20011231": Casts(number=20_011_231, integer=20_011_231),
    "2001-12": Casts(),
    "٢٠٠١-12-31": Casts(),
    "infinity": Casts(),
    "today": Casts(),
    "epoch": Casts(),
    # booleans
    "true": Casts(boolean=True),
    "false": Casts(boolean=False),
    "TRUE": Casts(),
    "True": Casts(),
    "t": Casts(),
    "yes": Casts(),
    "1": Casts(number=1, integer=1),
    "0": Casts(number=0, integer=0),
    "true ": Casts(),
    # text with the characters of SQL and Jinja
    "it's": Casts(),
    '"': Casts(),
    "1; drop table x": Casts(),
    "\\": Casts(),
    "NULL": Casts(),
}

# A label and its column: the words of the label by itself, and without name and question number.
LABELS: dict[tuple[str | None, str], tuple[str | None, str | None]] = {
    ("Q8a. How often?", "Q8A"): ("q8ahowoften", "howoften"),
    ("EA-SVC-A. Electricity grid", "EA_SVC_A"): ("easvcaelectricitygrid", "electricitygrid"),
    ("Q41a. arb. Demo-cracy", "Q41A_ARB"): ("q41aarbdemocracy", "democracy"),
    ("F_01 - Vertrauen \u00abja\u00bb", "V77"): ("f01vertrauenja", "vertrauenja"),
    ("(12) text", "b"): ("12text", "text"),
    # no question numbers
    ("notes.", "notes"): ("notes", "notes"),
    ("Q4. ", "v"): ("q4", "q4"),
    ("2010: voted", "v"): ("2010voted", "2010voted"),
    ("Covid 19: worried", "v"): ("covid19worried", "covid19worried"),
    ("12 months ago", "v"): ("12monthsago", "12monthsago"),
    ("Calls to friends", "CALLS"): ("callstofriends", "callstofriends"),
    # typography
    ("Haven\u2019t voted", "x"): ("havenotvoted", "havenotvoted"),
    ("Have  not voted.", "x"): ("havenotvoted", "havenotvoted"),
    ("can't; cannot. WON'T", "x"): ("cannotcannotwillnot", "cannotcannotwillnot"),
    ("Country's \u2013 \u201ceconomy\u201d\u00a0\u2026", "x"): ("countryeconomy", "countryeconomy"),
    ("\u00dcber stra\u00dfe, \u00c9T\u00c9", "x"): (
        "\u00fcberstra\u00dfe\u00e9t\u00e9",
        "\u00fcberstra\u00dfe\u00e9t\u00e9",
    ),
    ("a\\b [c] {d} \u00bfe? \u00adf\u200bg", "x"): ("abcdefg", "abcdefg"),
    # what decides a meaning stays
    ("C++ & C#, <50 %", "x"): ("c++c#<50%", "c++c#<50%"),
    ("Way, under 1.5 km", "x"): ("wayunder1.\u241f5km", "wayunder1.\u241f5km"),
    ("Way - under 15 km", "x"): ("wayunder15km", "wayunder15km"),
    ("-1, 1/2, 1.2.3; 5-6", "x"): ("-\u241f11/\u241f21.\u241f2.\u241f356",) * 2,
    ("", "x"): ("", ""),
    (None, "x"): (None, None),
}

# A text and a pattern: whether all of the text is of the pattern.
MATCHES: dict[tuple[str | None, str], bool | None] = {
    ("ab", "a|ab"): True,
    ("abc", "a|ab"): False,
    ("xab", "ab"): False,
    ("ab\n", "ab"): False,
    ("a\nb", "[a-z]+"): False,
    ("AB", "[a-z]+"): False,
    ("é", "[a-z]"): False,
    ("é", "."): True,
    ("", "[a-z]*"): True,
    ("", "[a-z]+"): False,
    ("q_1", "[a-z][a-z0-9_]*"): True,
    ("1_q", "[a-z][a-z0-9_]*"): False,
    ("a-b", "[a-z][a-z0-9_]*"): False,
    (None, "[a-z]*"): None,
}

# Each must have a key of its own, which is the MD5 sum of the texts joined as `surrogate_key` says.
KEYS: list[tuple[str | None, str | None]] = [
    ("a", "bc"),
    ("ab", "c"),
    ("abc", ""),
    ("", "abc"),
    ("", ""),
    ("", None),
    (None, ""),
    (None, None),
    ("A", "bc"),
    ("a", "bc "),
    ("a", "b'c"),
    ("é", "c"),
    ("e\u0301", "c"),
    ("1", "1"),
    ("1.0", "1"),
    ("01", "1"),
]

EXPIT: dict[float | None, float | None] = {
    None: None,
    0.0: 0.5,
    1.0: 0.7310585786300049,
    -1.0: 0.2689414213699951,
    30.0: 1 / (1 + math.exp(-30)),
    -30.0: 1 / (1 + math.exp(30)),
    700.0: 1.0,
    -700.0: math.exp(-700),
    701.0: 1.0,
    -701.0: 0.0,
    1e6: 1.0,
    -1e6: 0.0,
}

# PSUs of the sample, of the population, and whether the correction applies.
SAMPLING_FRACTIONS: dict[tuple[int, float | None, bool], float] = {
    (15, 757.0, True): 15 / 757,
    (15, 757.0, False): 0.0,
    (15, None, True): 0.0,
    (1, 1.0, True): 1.0,
    (3, 4.0, True): 0.75,
}

# Sum of z², sum of z, PSUs, sampling fraction, what is done with lonely PSUs.
STRATUM_VARIANCES: dict[tuple[float, float, int, float, str], float | None] = {
    (5.0, 3.0, 4, 0.0, "adjust"): 4 / 3 * (5 - 9 / 4),
    (5.0, 3.0, 4, 0.0, "remove"): 4 / 3 * (5 - 9 / 4),
    (5.0, 3.0, 4, 0.0, "average"): 4 / 3 * (5 - 9 / 4),
    (5.0, 3.0, 4, 0.25, "adjust"): 4 / 3 * (5 - 9 / 4) * 0.75,
    (5.0, 3.0, 4, 1.0, "adjust"): 0.0,
    # PSUs without members add nothing to the sums, but count
    (9.0, 3.0, 1000, 0.0, "adjust"): 1000 / 999 * (9 - 9 / 1000),
    # rounding must not make it negative
    (1.0, 2.000000001, 4, 0.0, "adjust"): 0.0,
    # lonely
    (9.0, 3.0, 1, 0.0, "adjust"): 9.0,
    (9.0, 3.0, 1, 0.25, "adjust"): 6.75,
    (9.0, 3.0, 1, 0.0, "remove"): 0.0,
    (9.0, 3.0, 1, 0.0, "average"): None,
    # lonely, and the whole stratum
    (9.0, 3.0, 1, 1.0, "adjust"): 0.0,
    (9.0, 3.0, 1, 1.0, "remove"): 0.0,
    (9.0, 3.0, 1, 1.0, "average"): 0.0,
}

# PSUs and sampling fraction of each stratum, what is done with lonely PSUs.
LONELY_SCALES: dict[tuple[tuple[tuple[int, float], ...], str], float | None] = {
    (((2, 0.0), (3, 0.0)), "average"): 1.0,
    (((1, 0.0), (3, 0.0)), "average"): 2.0,
    (((1, 0.0), (3, 0.0), (1, 0.5), (2, 0.0)), "average"): 2.0,
    (((1, 0.0), (3, 0.0), (4, 0.0)), "average"): 1.5,
    (((1, 0.0), (1, 0.0)), "average"): None,
    # a stratum that is known whole is not lonely
    (((1, 1.0), (3, 0.0)), "average"): 1.0,
    (((1, 0.0), (3, 0.0)), "adjust"): 1.0,
    (((1, 0.0), (1, 0.0)), "remove"): 1.0,
}

# Effective bases, shares and levels: each combination has its exact bounds computed.
EXACT_BASES = (
    *(0.05, 0.3, 1.0, 1.5, 2.0, 2.7, 4.0, 5.0, 7.5, 10.0, 15.0, 22.2, 30.0, 45.0, 70.0, 100.0),
    *(154.3, 220.0, 333.3, 500.0, 750.0, 1e3, 1.7e3, 3e3, 5e3, 1e4, 2e4, 3.3e4, 1e5, 3e5, 1e6),
)
EXACT_SHARES = (
    *(1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.07, 0.15, 0.3, 0.42, 0.5),
    *(0.6, 0.75, 0.88, 0.95, 0.98, 0.99, 0.999, 1 - 1e-4, 1 - 1e-5, 1 - 1e-6),
)
EXACT_LEVELS = (0.8, 0.9, 0.95, 0.99, 0.999)

# Whether a row is M, L, Q, B and U for itself: every combination, what is not known among them.
STATUSES = tuple(product(("true", "false", None), repeat=5))


# Texts of a group in the order in which they are to be joined: by number, downwards.
JOINED: dict[str, list[str | None]] = {
    "numbers": ["10", "9", "1"],
    "words": ["it's", "", "Zug", "ähnlich", "a+b"],
    "gaps": [None, "first", None, "last"],
    "nothing": [None, None],
    "one": ["alone"],
    # An order by language has them otherwise.
    "letters": ["b", "_", "B", "a", "A", "é", "1,5", "1_000", "Z"],
}
# Text, pattern and replacement; what becomes of it.
REPLACED: dict[tuple[str | None, str, str], str | None] = {
    ("a1b22c", "[0-9]+", "#"): "a#b#c",
    ("won't say", "won''t([^a-z]|$)", "will not\\1"): "will not say",
    ("aaa", "^a", "b"): "baa",
    ("none", "[0-9]", "x"): "none",
    ("", "[0-9]", "x"): "",
    (None, "[0-9]", "x"): None,
}
# Objects of JSON with what stands under `a`, under `b` in `o`, and the elements of `l`.
OBJECTS: dict[str, tuple[str | None, str | None, list[str]]] = {
    '{"a": "it\'s", "o": {"b": 1}, "l": [{"b": "x"}, {"b": "y"}]}': ("it's", "1", ["x", "y"]),
    '{"a": null, "o": {}, "l": []}': (None, None, []),
    '{"a": true, "o": {"b": 1.5}, "l": [{"b": ""}]}': ("true", "1.5", [""]),
}


def variables() -> dict[str, list[Any]]:
    """Give the inputs as dbt variables. A case is known by its place in the list, from 0."""
    return {
        "bench_texts": list(CASTS),
        "bench_matches": list(MATCHES),
        "bench_joined": [
            [group, len(texts) - place, text]
            for group, texts in JOINED.items()
            for place, text in enumerate(texts)
        ],
        "bench_replaced": [list(given) for given in REPLACED],
        "bench_objects": list(OBJECTS),
        "bench_labels": list(LABELS),
        "bench_keys": list(KEYS),
        "bench_expit": list(EXPIT),
        "bench_sampling_fractions": list(SAMPLING_FRACTIONS),
        "bench_stratum_variances": list(STRATUM_VARIANCES),
        "bench_lonely_scales": list(LONELY_SCALES),
        "bench_exact_bases": list(EXACT_BASES),
        "bench_exact_shares": list(EXACT_SHARES),
        "bench_exact_levels": list(EXACT_LEVELS),
        "bench_judged_cells": judged_inputs(),
        "bench_statuses": [list(conditions) for conditions in STATUSES],
    }
