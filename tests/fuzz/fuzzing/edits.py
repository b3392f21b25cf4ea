"""Damage: to bytes wherever they are, to lists of parts of which files are made, and to trees of values."""

import copy
import json
import struct
from collections.abc import Callable, Sequence
from typing import Any

import tomli_w
from hypothesis import strategies as st

# --- bytes ------------------------------------------------------------------------------------------------------------

#: Numbers that programs trip over, as bytes of either order.
NUMBERS = [
    struct.pack(f"{order}{kind}", value)
    for order in "<>"
    for kind, values in {
        "H": (0, 1, 0x7FFF, 0x8000, 0xFFFF),
        "I": (0, 1, 300, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF),
        "Q": (0, 1 << 31, 1 << 32, 1 << 63, (1 << 64) - 1),
        "d": (float("nan"), float("inf"), -1.0, 1e308),
    }.items()
    for value in values
]

#: What is done to bytes at a place, by a number that says how.
_BYTES: dict[str, Callable[[bytes, int, int], bytes]] = {
    "flip": lambda old, at, how: old[:at] + bytes([old[at] ^ (1 << how % 8)]) + old[at + 1 :],
    "set": lambda old, at, how: old[:at] + bytes([how % 256]) + old[at + 1 :],
    "number": lambda old, at, how: _over(old, at, NUMBERS[how % len(NUMBERS)]),
    "noise": lambda old, at, how: _over(old, at, how.to_bytes(4, "little") * (1 + how % 5)),
    "remove": lambda old, at, how: old[:at] + old[at + 1 + how % 64 :],
    "repeat": lambda old, at, how: old[: at + 1 + how % 64] + old[at:],
    "insert": lambda old, at, how: old[:at] + how.to_bytes(4, "little") * (1 + how % 9) + old[at:],
    "move": lambda old, at, how: _over(old, at, old[how % len(old) :][:16]),
    "cut": lambda old, at, how: old[:at],
    "append": lambda old, at, how: old + how.to_bytes(4, "little") * (1 + how % 99),
}

#: Where, as a share of the length in 65536ths, nearer to the beginning or to the end, where the meaning is.
_PLACES: dict[str, Callable[[float], float]] = {
    "anywhere": lambda share: share,
    "early": lambda share: share**3,
    "late": lambda share: 1 - share**3,
}

byte_edit = st.tuples(
    st.sampled_from(list(_BYTES)),
    st.sampled_from(list(_PLACES)),
    st.integers(0, 65535),
    st.integers(0, (1 << 32) - 1),
)


def few(edit: st.SearchStrategy) -> st.SearchStrategy:
    """No edit, one, or some."""
    return st.one_of(st.just([]), st.lists(edit, min_size=1, max_size=1), st.lists(edit, max_size=3))


def _over(old: bytes, at: int, new: bytes) -> bytes:
    return (old[:at] + new + old[at + len(new) :])[: len(old)]


def edit_bytes(content: bytes, edits: Sequence[tuple[str, str, int, int]]) -> bytes:
    """The bytes after every edit in turn."""
    for what, where, share, how in edits:
        if content:
            at = min(len(content) - 1, int(_PLACES[where](share / 65536) * len(content)))
            content = _BYTES[what](content, at, how)
    return content


# --- parts ------------------------------------------------------------------------------------------------------------

#: A name and what stands under it: a chunk, a segment, a box, a member of an archive.
Part = tuple[Any, bytes]

part_edit = st.tuples(
    st.sampled_from(["remove", "repeat", "swap", "rename", "empty", "lengthen", "bytes", "bytes", "bytes"]),
    st.integers(0, 63),
    st.integers(0, 63),
    byte_edit,
)


def edit_parts(parts: Sequence[Part], edits: Sequence[tuple], names: Sequence[Any]) -> list[Part]:
    """The parts after every edit in turn; `names` are those that a part may get instead of its own."""
    found = list(parts)
    for what, which, other, inside in edits:
        if not found:
            break
        at, second = which % len(found), other % len(found)
        name, content = found[at]
        if what == "remove":
            del found[at]
        elif what == "repeat":
            found.insert(second, found[at])
        elif what == "swap":
            found[at], found[second] = found[second], found[at]
        elif what == "rename":
            found[at] = (names[other % len(names)], content)
        elif what == "empty":
            found[at] = (name, b"")
        elif what == "lengthen":
            found[at] = (name, content * (2 + other))
        else:
            found[at] = (name, edit_bytes(content, [inside]))
    return found


# --- trees of values --------------------------------------------------------------------------------------------------


class Raw(str):
    """Stands in a document as it is, which no writer would write."""

    __slots__ = ()


def _nested(depth: int) -> Any:
    return [] if depth == 0 else [_nested(depth - 1)]


#: Values that no one expects where they are put.
VALUES: list[Any] = [
    *(True, False, 0, 1, -1, 2, 3, 7, 64, 255, 65536, 10**6, 10**12, 2**31, 2**63, -(2**63) - 1, 10**30),
    *(0.5, -0.0, 1.5, 1e-300, 1e9, 1e300, -1e308, "", "a", "ideal", "f22", "x.png", "../x", "../../../x", "/x", "a/b"),
    *(
        "/etc/passwd",
        ".",
        "..",
        "~",
        "a" * 300,
        "a" * 100_000,
        "\x00",
        "a\x00b",
        "\x1b[2J\x07",
        "\u202egnp.exe",
        "é",
        "\U0001d4b3",
    ),
    *(
        "nan",
        "inf",
        "1",
        "true",
        "auto",
        "=1+1",
        "@x",
        "CON",
        "NUL.png",
        "%s%n",
        "{}",
        "http://127.0.0.1/",
        "\n",
        "'" * 90,
    ),
    *(
        [],
        {},
        [[]],
        [{}],
        [1],
        [0, 0],
        [1, 2, 3],
        [-1, 1e300],
        ["a", 1],
        ["a"] * 500,
        list(range(2000)),
        {"a": {"b": 1}},
    ),
    *({"": 1}, {"a": []}, {"kind": "x"}, _nested(60), _nested(70), 1.0, 4.0, "4", "sha256", [True], [[1, 2], [3]]),
    *map(Raw, ("1e400", "-1e400", "9" * 400, "9" * 5000, "0." + "9" * 400, "inf", "nan", "Infinity", "NaN", "null")),
    *map(Raw, ("1979-05-27T07:32:00Z", "0x10", "0b1", "1_000", "'''a\nb'''", "[" * 5000, "{a=" * 2000, '"\\ud800"')),
]

tree_edit = st.tuples(
    st.sampled_from(["value", "value", "value", "remove", "rename", "add", "near", "wrap", "other", "repeat"]),
    st.integers(0, 4095),
    st.integers(0, 4095),
)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every table or list of a tree with each of its keys or indices, but for the middle of long lists."""
    found, waiting = [], [tree]
    while waiting:
        inner = waiting.pop()
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        for key in keys[:40]:
            found.append((inner, key))
            if isinstance(inner[key], dict | list):
                waiting.append(inner[key])
    return found


def edit_tree(tree: Any, edits: Sequence[tuple[str, int, int]]) -> Any:
    """A copy of a tree of tables, lists and plain values after every edit in turn."""
    found = [copy.deepcopy(tree)]  # so that the whole has a place, too
    for what, which, how in edits:
        places = _places(found)
        inner, key = places[which % len(places)]
        value, new = inner[key], copy.deepcopy(VALUES[how % len(VALUES)])
        if what == "remove" and inner is not found:
            del inner[key]
        elif what == "rename" and isinstance(inner, dict):
            inner[["", "x", f"{key}s", str(key).upper(), "a" * 500, "\x1b[2J"][how % 6]] = inner.pop(key)
        elif what == "add" and isinstance(value, dict):
            value[["", "x", "name", "a.b", "__class__"][how % 5]] = new
        elif what == "near" and isinstance(value, int | float):
            inner[key] = [value + 1, value - 1, -value, value * 2, value / 2, value * 1000, float(value)][how % 7]
        elif what == "wrap":
            inner[key] = [[value], {"a": value}, str(value)][how % 3]
        elif what == "other":
            holder, place = places[how % len(places)]
            inner[key] = copy.deepcopy(holder[place])
        elif what == "repeat" and isinstance(value, list):
            inner[key] = value * (2 + how % 3)
        else:
            inner[key] = new
    return found[0]


def _written(tree: Any, raw: list[str]) -> Any:
    """The tree with marks where `raw` texts belong."""
    if isinstance(tree, Raw):
        raw.append(tree)
        return f"<raw {len(raw) - 1}>"
    if isinstance(tree, dict):
        return {key: _written(value, raw) for key, value in tree.items()}
    return [_written(value, raw) for value in tree] if isinstance(tree, list) else tree


def to_json(tree: Any) -> bytes:
    """A tree as JSON."""
    raw: list[str] = []
    text = json.dumps(_written(tree, raw))
    for number, word in enumerate(raw):
        text = text.replace(f'"<raw {number}>"', word)
    return text.encode("utf-8", errors="surrogatepass")


def to_toml(tree: Any) -> bytes:
    """A tree as TOML; what is no table is written as JSON, which is none."""
    raw: list[str] = []
    try:
        text = tomli_w.dumps(_written(tree, raw))
    except (TypeError, ValueError, AttributeError):
        return to_json(tree)
    for number, word in enumerate(raw):
        text = text.replace(f'"<raw {number}>"', word)
    return text.encode("utf-8", errors="surrogatepass")
