"""Text from outside, JSON and TOML above all: one door for each, which bounds bytes, depth and numbers."""

import contextlib
import errno
import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from camsim.io import regular

#: The longest text that is read. What JSON of this size can become takes a gigabyte; TOML is slower to read.
MOST_JSON_BYTES, MOST_TOML_BYTES = 64 << 20, 4 << 20

#: Tables within tables, and the whole numbers that TOML and other programs know.
_DEEPEST, _LARGEST = 64, 2**63


def read_json(path: Path | str) -> Any:
    """The value in a JSON file, of finite numbers.

    Raises FileNotFoundError where there is no file, ValueError in one line, naming the file, for all other trouble.
    """
    return parse_json(read(Path(path), most_bytes=MOST_JSON_BYTES), str(path))


def read_toml(path: Path | str) -> dict[str, Any]:
    """The tables of a TOML file; raises as `read_json` does."""
    return parse_toml(read(Path(path), most_bytes=MOST_TOML_BYTES), str(path))


def parse_json(text: str | bytes, name: str) -> Any:
    """The value of a JSON text, of finite numbers; ValueError, in one line that names `name`, where it is none."""
    with _said_of(name, "JSON"):
        value = json.loads(text, parse_constant=_no_number)
        _check(value, infinite=False)
    return value


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """The tables of a TOML text; errors as of `parse_json`."""
    with _said_of(name, "TOML"):
        _check_keys(text)
        values = tomllib.loads(text)
        _check(values, infinite=True)
    return values


@contextlib.contextmanager
def _said_of(name: str, kind: str) -> Iterator[None]:
    """Say in one line which text is not of its kind."""
    try:
        yield
    except RecursionError:
        raise ValueError(f"{name}: not {kind} (nested too deeply)") from None
    except ValueError as error:
        raise ValueError(f"{name}: not {kind} ({error})") from error


def read(path: Path, *, most_bytes: int) -> str:
    """The text of a file of bounded length, in UTF-8; raises as `read_json` does."""
    try:
        with regular.open_file(path, kind="text") as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise ValueError(f"{path}: longer than the {most_bytes >> 20} MiB that such a file may have")
        return content.decode("utf-8-sig")
    except regular.MissingError as error:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not a text in UTF-8 ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from error


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no finite number")


#: What of a TOML text is no key: strings of several lines and of one, as far as they go, and comments.
_QUIET = re.compile(
    r"""\"{3}(?:\\.?|[^\\])*?(?:\"{3}|\Z)|'{3}.*?(?:'{3}|\Z)|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*""", re.DOTALL
)


def _check_keys(text: str) -> None:
    """Raise ValueError for keys of so many parts that to read them takes hours."""
    for line in _QUIET.sub("", text).splitlines():
        parts = re.split(r"[=,{}\[\]]", line)
        if any(part.count(".") > 2 * _DEEPEST for part in parts):
            raise ValueError("nested too deeply")


def _check(value: object, *, infinite: bool) -> None:
    """Raise ValueError for numbers, or tables within tables, beyond what anyone means."""
    waiting = [(value, 0)]
    while waiting:
        inner, depth = waiting.pop()
        if isinstance(inner, dict | list):
            if depth == _DEEPEST:
                raise ValueError("nested too deeply")
            waiting += ((item, depth + 1) for item in (inner.values() if isinstance(inner, dict) else inner))
        elif isinstance(inner, int) and not -_LARGEST <= inner < _LARGEST:
            raise ValueError("a whole number of more than 64 bits")
        elif not infinite and isinstance(inner, float) and inner in (float("inf"), float("-inf")):
            raise ValueError("a number too large")
