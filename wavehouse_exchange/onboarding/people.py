"""Columns that tell who somebody is: found by name, label and the shape of their values.

Values are only measured, never shown: what is found says how many there are, and of which shape.
"""

import re
from dataclasses import dataclass

from wavehouse_exchange.onboarding.missing_labels import compared
from wavehouse_exchange.onboarding.profile import ColumnProfile

# A shape is found where so much of what is filled in has it, in so many rows.
MOST_OF_THEM, FEWEST_ROWS = 0.5, 5
# Nearly every respondent has a value of their own; fewer rows can be so by chance.
OWN_VALUES, FEWEST_OWN_VALUES = 0.95, 30
# Texts of so many words, of which there are so many different ones, were written by people.
WORDS_OF_FREE_TEXT, FEWEST_FREE_TEXTS = 2.5, 13
# Short texts without labels are open answers too, such as first names or towns, if so many of them
# are words, and if there are very many different ones or so many that only one person wrote.
MANY_SHORT_TEXTS, SINGLE_SHORT_TEXTS = 40, 0.2
# Fewer different values are answers to choose from, whatever the label says of telephones.
MOST_CHOICES = 12
FEWEST_DIGITS_OF_A_TELEPHONE, FEWEST_DIGITS_OF_AN_ID = 6, 6

# Words of names and labels by what they tell, as they are compared: whole words, or, where a hyphen
# follows, their beginnings. In English, German, French, Spanish, Portuguese, Italian, Turkish,
# Polish, Dutch, Russian, Arabic, Chinese and Japanese.
_WORDS = {
    "e-mail address": (
        "email emails e-mail mail courriel correo correio mailadresse emailadresse eposta"
        " poczta почта البريد 邮箱 電郵 电子邮件 電子郵件 メール メールアドレス"
    ),
    "telephone number": (
        "phone phones telephone- tel cell cellphone mobile msisdn whatsapp telefon-"
        " telefono- telefone- telephonique handy handynummer rufnummer mobilnummer portable"
        " celular movil cellulare cep komorka komorkowy mobiel телефон- الهاتف هاتف جوال"
        " 电话 電話 手机 手機 携帯 電話番号 电话号码 手机号码"
    ),
    "name": (
        "name names firstname lastname surname forename fullname vorname nachname"
        " familienname nom prenom prenoms nombre nombres apellido apellidos nome cognome"
        " sobrenome apelido isim isminiz soyad soyisim adiniz imie nazwisko naam voornaam"
        " achternaam имя фамилия отчество الاسم اسم 姓名 名字 氏名 名前 お名前"
    ),
    "address": (
        "address addresses street postcode zipcode zip postal adresse- anschrift strasse"
        " hausnummer plz postleitzahl rue direccion calle domicilio endereco rua morada cep"
        " indirizzo via cap adres- sokak ulica postcode straat huisnummer адрес- улица"
        " العنوان عنوان شارع 地址 住址 住所 郵便番号 邮编"
    ),
    "coordinates": (
        "latitude- longitude- lat lon long lng gps geo geocode geolocation coordinates"
        " coord- breitengrad langengrad laengengrad koordinaten coordonnees latitud"
        " longitud coordenadas latitudine longitudine coordinate enlem boylam szerokosc"
        " dlugosc wspolrzedne breedtegraad lengtegraad широта долгота координаты خط"
        " احداثيات 纬度 经度 緯度 経度"
    ),
    "number of an identity document": (
        "ssn passport passnummer reisepass ausweis ausweisnummer sozialversicherungsnummer"
        " steuernummer nationalid nid idcard dni curp nif cpf codicefiscale tckn"
        " kimlik pesel bsn snils снилс паспорт- инн 身份证 身份證 護照 护照"
        " マイナンバー iban"
    ),
    "date of birth": (
        "birthdate dateofbirth dob birthday geburtsdatum geburtstag naissance nacimiento"
        " nascimento nascita dogum urodzenia geboortedatum рождения الميلاد 出生日期"
        " 生年月日"
    ),
    "address in a network": ("ip ipaddress ip-adresse mac imei"),
    "free text": (
        "verbatim openended open-ended freetext freitext klartext comment comments remarks"
        " kommentar- bemerkung bemerkungen commentaire- comentario- commento commenti yorum"
        " uwagi opmerking- комментарий ملاحظات 备注 備考 自由回答"
    ),
}
_PHRASES = {
    "e-mail address": ("e mail", "correo electronico", "posta elettronica"),
    "coordinates": ("خط العرض", "خط الطول"),
    "number of an identity document": (
        *("social security number", "national id", "identity card", "id card", "passport number"),
        *("tax number", "numero de securite sociale", "carte d identite", "carte didentite"),
        *("numero de identidad", "codice fiscale", "kimlik no", "رقم الهويه", "الرقم الوطني"),
    ),
    "date of birth": (
        *("date of birth", "birth date", "date de naissance", "fecha de nacimiento"),
        *("data de nascimento", "data di nascita", "dogum tarihi", "data urodzenia"),
        *("дата рождения", "تاريخ الميلاد"),
    ),
    "free text": ("open ended", "free text", "in your own words", "other specify text"),
}
# Words that a label may have where only its own name or number is one of a person.
_ONLY_AS_TEXTS = {"name", "address", "e-mail address", "address in a network", "free text"}
# Languages that write without blanks: a word is found anywhere in the label.
_WITHOUT_BLANKS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


SHORT_TEXTS = "short open answers"


@dataclass(frozen=True)
class PersonalData:
    """What a column may tell of a person, and what says so."""

    what: str
    reason: str


def personal_data(column: ColumnProfile) -> PersonalData | None:
    """Say whether a column may tell who somebody is; None if nothing speaks for it.

    Columns of few codes to choose from tell it of nobody, whatever their label says.
    """
    shape = column.shape
    filled = column.answer_count
    if shape is None or filled < FEWEST_ROWS or column.code_count <= MOST_CHOICES:
        return None
    if _has_labels(column):
        return None
    for what, share in (
        ("e-mail address", shape.e_mails),
        ("telephone number", shape.telephones),
        ("coordinates", shape.coordinates),
        ("address in a network", shape.network_addresses),
        ("number of an identity document", shape.account_numbers),
    ):
        if share >= MOST_OF_THEM:
            return PersonalData(what, f"{share:.0%} of its values look like one")
    for what in _said(column):
        if _fits(what, column):
            return PersonalData(what, "its name or label says so, and its values fit")
    is_text = shape.numbers < MOST_OF_THEM
    if (
        is_text
        and shape.dates < MOST_OF_THEM
        and shape.mean_words >= WORDS_OF_FREE_TEXT
        and column.code_count >= FEWEST_FREE_TEXTS
    ):
        return PersonalData(
            "free text",
            f"{column.code_count} different texts of {shape.mean_words:.0f} words on average",
        )
    if (
        is_text
        and shape.words >= MOST_OF_THEM
        and column.code_count >= FEWEST_FREE_TEXTS
        and (column.code_count >= MANY_SHORT_TEXTS or shape.single_values >= SINGLE_SHORT_TEXTS)
        and column.code_count < OWN_VALUES * filled
    ):
        return PersonalData(
            SHORT_TEXTS,
            f"{column.code_count} different short texts without labels, {shape.single_values:.0%} "
            "of them in one row only; perhaps names, towns or domains",
        )
    if shape.dates >= MOST_OF_THEM:
        # Time stamps of interviews.
        return None
    if filled >= FEWEST_OWN_VALUES and column.code_count >= OWN_VALUES * filled:
        return PersonalData(
            "value of its own for each respondent",
            f"{column.code_count} different values in {filled} rows",
        )
    return None


def _has_labels(column: ColumnProfile) -> bool:
    """Whether most of what was delivered are labelled codes."""
    labelled = sum(1 for code in column.counts if column.value_labels.get(code))
    return bool(column.counts) and labelled >= MOST_OF_THEM * len(column.counts)


def words_of(column: ColumnProfile) -> list[str]:
    """Give name and label as they are compared; the name also with its parts set apart."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", column.name)
    return [compared(apart), compared(column.name), compared(column.label)]


def _said(column: ColumnProfile) -> list[str]:
    """Give what the name and the label speak of."""
    texts = words_of(column)
    words = {word for text in texts for word in text.split()}
    words |= {text.replace(" ", "") for text in texts[:2]}
    found = []
    for what, known in _WORDS.items():
        phrases = _PHRASES.get(what, ())
        if any(f" {phrase} " in f" {text} " for phrase in phrases for text in texts) or any(
            _is_said(word, words, texts) for word in known.split()
        ):
            found.append(what)
    return found


def _is_said(word: str, words: set[str], texts: list[str]) -> bool:
    if _WITHOUT_BLANKS.search(word):
        return any(word in text for text in texts)
    if word.endswith("-"):
        return any(each.startswith(word[:-1]) for each in words)
    return compared(word) in words


def _fits(what: str, column: ColumnProfile) -> bool:
    """Whether the values can be what the name or label says."""
    shape = column.shape
    if shape is None:
        return False
    if what in _ONLY_AS_TEXTS:
        return shape.numbers < MOST_OF_THEM and shape.dates < MOST_OF_THEM
    if what == "telephone number":
        return shape.mean_digits >= FEWEST_DIGITS_OF_A_TELEPHONE
    if what == "coordinates":
        return shape.decimals >= MOST_OF_THEM
    if what == "date of birth":
        return shape.dates >= MOST_OF_THEM
    return shape.mean_digits >= FEWEST_DIGITS_OF_AN_ID or shape.numbers < MOST_OF_THEM
