"""Texts of statistics programs, decoded strictly.

The library that reads these files cuts a text off where its last character is not whole in the
declared encoding, without a word. So texts are read byte by byte (as Latin-1, where each byte is a
character), and decoded here.
"""

import codecs
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.text_files import guessed_encoding

BYTE_BY_BYTE = "LATIN1"
LIKELY = "windows-1252"
REPLACEMENT = "\ufffd"
MOST_NOTES = 5


class StrictTexts:
    """Decodes texts that were read byte by byte."""

    def __init__(self, path: Path, encoding: str, is_declared: bool, is_guessed: bool) -> None:
        """Take the encoding, and whether the user names it or the file.

        Args:
            path: the file, for messages.
            encoding: its encoding, which `can_decode` knows.
            is_declared: whether the user named it. Then a text that ends within a character was cut
                before it was delivered: it keeps a mark, and that is noted.
            is_guessed: whether neither did; the first text that shows it is noted.
        """
        self._path = path
        self._encoding = encoding
        self._is_declared = is_declared
        self._is_guessed = is_guessed
        self.notes: list[str] = []

    def __call__(self, text: str, place: str) -> str:
        """Give a text that was read byte by byte.

        Raises:
            WavehouseError: it is in another encoding.
        """
        if text.isascii():
            return text
        raw = text.encode("latin-1")
        try:
            decoded = raw.decode(self._encoding)
            if self._is_guessed:
                self._is_guessed = False
                self.notes.append(guessed_encoding(self._path, self._encoding, [decoded]))
            return decoded
        except UnicodeDecodeError as error:
            marked = raw.decode(self._encoding, errors="replace")
            is_cut = error.end == len(raw) and error.reason == "unexpected end of data"
            if self._is_declared and is_cut:
                if len(self.notes) < MOST_NOTES:
                    self.notes.append(
                        f"{self._path.name}, {place}: the text {marked!r} ends in the middle of a "
                        f"character of {self._encoding}; {REPLACEMENT} marks the place."
                    )
                return marked
            likely = raw.decode(LIKELY, errors="replace")
            whose = "that you name" if self._is_declared else "that it is meant to be in"
            raise WavehouseError(
                f"{self._path}: {place}: the text {marked!r} is not {self._encoding}, {whose}. In "
                f"{LIKELY} it is {likely!r}. Name its encoding with --encoding, such as {LIKELY}; "
                f"if it is {self._encoding} and was cut off before it was delivered, "
                f"--encoding {self._encoding} keeps it with a mark."
            ) from error


def can_decode(encoding: str) -> bool:
    """Say whether an encoding is known here, and has the letters of ASCII where ASCII has them."""
    try:
        codecs.lookup(encoding)
        return b"aZ09".decode(encoding) == "aZ09"
    except (LookupError, UnicodeDecodeError):
        return False
