"""What people type: ``KEY=VALUE``, and the word that a mistyped one may have meant."""

import difflib
import tomllib
from collections.abc import Iterable

from camsim.arguments import shown
from camsim.io import text_file


def hint(word: object, known: Iterable[str]) -> str:
    """The known word that is closest to a mistyped one, as the end of a message; "" where none is close."""
    close = difflib.get_close_matches(str(word)[:100], list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def split_assignment(text: str, *, example: str) -> tuple[str, str]:
    """Key and text of the value of ``KEY=VALUE``; ValueError, with an example, where there is no key or equals sign."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ValueError(f"{shown(text)}: write KEY=VALUE, such as {example}")
    return key.strip(), value


def parse_assignment(text: str, *, example: str) -> tuple[str, object]:
    """Key and value of ``KEY=VALUE``, whose value is written as in TOML or is a bare word; errors as above."""
    key, value = split_assignment(text, example=example)
    try:
        return key, text_file.parse_toml(f"v = {value}", key)["v"]
    except ValueError as error:
        if isinstance(error.__cause__, tomllib.TOMLDecodeError):
            return key, value.strip()
        raise
