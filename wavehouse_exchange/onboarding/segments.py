"""Segments that people look at: sex, age group, region, education, town and country."""

import re
from collections.abc import Sequence

from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.draft import ACCEPT, Change, Proposal, only_when
from wavehouse_exchange.onboarding.missing_labels import compared
from wavehouse_exchange.onboarding.profile import WaveProfile
from wavehouse_exchange.onboarding.variable_ids import title_of

MOST_GROUPS, MOST_WORDS = 40, 6

# Words of labels and names, as they are compared.
_SEGMENTS = {
    "sex": re.compile(
        r"\b(sex|gender|geschlecht|sexe|genre|sexo|genero|sesso|genere|cinsiyet|plec|geslacht"
        r"|\u043f\u043e\u043b)\b|\u6027\u522b|\u6027\u5225|\u0627\u0644\u062c\u0646\u0633"
    ),
    "age group": re.compile(
        r"\b(age|agegroup|altersgruppe|alter|edad|idade|eta|fascia|leeftijd|wiek|yas"
        r"|\u0432\u043e\u0437\u0440\u0430\u0441\u0442)\b|\u5e74\u9f62|\u5e74\u9f84|\u0627\u0644\u0639\u0645\u0631"
    ),
    "region": re.compile(
        r"\b(region|regions|province|provinz|bundesland|departement|provincia|comunidad autonoma"
        r"|regiao|regione|wojewodztwo|provincie|bolge|\u0440\u0435\u0433\u0438\u043e\u043d"
        r"|\u043e\u0431\u043b\u0430\u0441\u0442\u044c)\b"
        r"|\u5730\u533a|\u5730\u57df|\u0627\u0644\u0645\u062d\u0627\u0641\u0638\u0647|\u0627\u0644\u0645\u0646\u0637\u0642\u0647"
    ),
    "education": re.compile(
        r"\b(education|educational level|bildung|bildungsabschluss|schulabschluss|niveau d.?etudes"
        r"|estudios|educacion|escolaridad|escolaridade|istruzione|wyksztalcenie|opleiding"
        r"|egitim|\u043e\u0431\u0440\u0430\u0437\u043e\u0432\u0430\u043d\u0438\u0435)\b"
        r"|\u5b66\u5386|\u5b66\u6b74|\u0627\u0644\u062a\u0639\u0644\u064a\u0645"
    ),
    "town and country": re.compile(
        r"\b(urban|rural|urbrur|stadt und land|milieu|urbain|urbano|rurale|stedelijk|kent)\b"
    ),
}
# Of somebody else than the respondent.
_OF_OTHERS = re.compile(
    r"\b(interviewer|interview|spouse|partner|head|father|mother|child|children|household|previous"
    r"|first|last|problem|country|equal\w*|preference|chef|conjoint|pere|mere|jefe|padre|madre)\b"
)


def segment_proposals(
    naming: Naming, wave: WaveProfile, proposals: Sequence[Proposal]
) -> list[Proposal]:
    """Offer new categorical variables as segments; each waits for its variable."""
    found = []
    for proposal in proposals:
        if proposal.kind != "new_column" or proposal.subject not in wave.columns:
            continue
        variable = next(
            (c["add"] for c in proposal.changes if c["table"] == "variables" and "add" in c), {}
        )
        groups = sum(c["table"] == "categories" for c in proposal.changes)
        title = title_of(wave.columns[proposal.subject])
        what = _segment(f"{compared(title)} {compared(proposal.subject)}")
        is_categorical = variable.get("value_type") == "categorical"
        if not what or not is_categorical or not 2 <= groups <= MOST_GROUPS:
            continue
        segment_id = naming.new_id("segments", variable["variable_id"])
        rows: list[Change] = [
            {
                "table": "segments",
                "add": {
                    "segment_id": segment_id,
                    "segment_label": variable["variable_label"],
                    "description": f"Groups by {what}: {variable['variable_label']}.",
                },
            },
            {
                "table": "segment_variables",
                "add": {
                    "segment_id": segment_id,
                    "position": "1",
                    "variable_id": variable["variable_id"],
                },
            },
        ]
        found.append(
            Proposal(
                "segment",
                segment_id,
                0.85,
                f"{proposal.subject} ({title!r}) looks like {what}. Accepted, every figure is "
                "also shown for each of its groups",
                [only_when(row, proposal, ACCEPT) for row in rows],
            )
        )
    return found


def _segment(text: str) -> str:
    """Say which segment a short label is of; none where it is somebody else's."""
    if len(text.split()) > MOST_WORDS + 1 or _OF_OTHERS.search(text):
        return ""
    return next((what for what, words in _SEGMENTS.items() if words.search(text)), "")
