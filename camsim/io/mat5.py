"""MATLAB files of versions 5 to 7, looked through before scipy's reader is: it believes what they say of themselves.

A number out of range that says what an element holds makes that reader look for it beyond its tables. Here every
element is followed, its type, size and place checked, and nothing but that is read.

Reference: The MathWorks, "MAT-File Format", chapter 1 (level 5 MAT-files).
"""

import math
import struct
import zlib
from typing import BinaryIO

from camsim.io import memory

#: Types of elements.
_UINT32, _MATRIX, _COMPRESSED = 6, 14, 15
_NAMES, _COUNTS = frozenset({1, 16}), frozenset({5, 6})  # the latter of each by other programs than MATLAB
_NUMBERS = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13})
_TEXT = _NUMBERS | {16, 17, 18}

#: Classes of arrays.
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE = 1, 2, 3, 4, 5
_NUMERIC = range(6, 16)

#: Arrays within arrays.
_DEEPEST = 32


def check(file: BinaryIO, name: str) -> None:
    """Raise ValueError for a file that is not built as such files are, or would not fit in the memory that is free.

    `name` stands for it where memory is short.
    """
    file.seek(124)
    ends = {b"IM": "<", b"MI": ">"}.get(file.read(4)[2:])
    if ends is None:
        raise ValueError("not a MATLAB file")
    while tag := file.read(8):
        if len(tag) < 8:
            raise ValueError("it ends within an element")
        kind, size = struct.unpack(f"{ends}II", tag)
        memory.check(size, name)
        content = file.read(size)
        if len(content) < size:
            raise ValueError("it ends within an element")
        if kind == _COMPRESSED:
            kind, content = _unpacked(content, ends, name)
        if kind != _MATRIX:
            raise ValueError(f"an element of type {kind} where an array is expected")
        _Elements(content, ends).array(0)


def _unpacked(content: bytes, ends: str, name: str) -> tuple[int, bytes]:
    """Type and content of a compressed element, of which no more is unpacked than it says that it has."""
    unpacker = zlib.decompressobj()
    start = unpacker.decompress(content, 8)
    if len(start) < 8:
        raise ValueError("a compressed element without a beginning")
    kind, size = struct.unpack(f"{ends}II", start)
    memory.check(size, name)
    inner = unpacker.decompress(unpacker.unconsumed_tail, size) if size else b""
    if len(inner) < size:
        raise ValueError("a compressed element that ends too early")
    return kind, inner


class _Elements:
    """The elements of an array, one after another."""

    def __init__(self, content: bytes, ends: str):
        self._content, self._ends, self._at = content, ends, 0

    def _next(self, allowed: frozenset[int] | set[int]) -> tuple[int, bytes]:
        """Type and content of the next element; ValueError where it is of no type that is allowed, or not all there."""
        head = self._content[self._at : self._at + 8]
        if len(head) < 8:
            raise ValueError("an array that ends too early")
        kind, size = struct.unpack(f"{self._ends}II", head)
        if kind >> 16:  # of at most four bytes, which stand in the tag
            kind, size, start, end = kind & 0xFFFF, kind >> 16, self._at + 4, self._at + 8
            if size > 4:
                raise ValueError("a short element that is long")
        else:
            start = self._at + 8
            end = start + size + (-size % 8)
        if kind not in allowed or start + size > len(self._content):
            raise ValueError(f"an element of type {kind} and {size} bytes, which does not belong there")
        self._at = end
        return kind, self._content[start : start + size]

    def array(self, depth: int) -> None:
        """Look through one array."""
        if depth > _DEEPEST:
            raise ValueError("arrays nested too deeply")
        if not self._content:
            return  # an array without elements may be left out altogether
        if self._content[:8] != struct.pack(f"{self._ends}II", _UINT32, 8):
            raise ValueError("an array without flags")
        flags = struct.unpack(f"{self._ends}I", self._next({_UINT32})[1][:4])[0]
        kind, is_complex = flags & 0xFF, flags >> 11 & 1
        if kind == 17:  # an object that only MATLAB knows has no sides
            self._rest(depth, _TEXT)
            return
        content = self._next(_COUNTS)[1]
        sides = struct.unpack(f"{self._ends}{len(content) // 4}i", content[: len(content) // 4 * 4])
        if len(content) % 4 or not 2 <= len(sides) <= 32 or min(sides) < 0:
            raise ValueError("an array without sides")
        self._next(_NAMES)  # its name
        if kind in _NUMERIC:
            for _ in range(1 + is_complex):
                self._next(_NUMBERS)
        elif kind == _SPARSE:
            for _ in range(3 + is_complex):
                self._next(_NUMBERS)
        elif kind == _CHAR:
            self._next(_TEXT)
        elif kind in (_CELL, _STRUCT, _OBJECT):
            each = 1 if kind == _CELL else self._fields(named=kind == _OBJECT)
            if self._rest(depth, set()) != math.prod(sides) * each:
                raise ValueError("an array that holds fewer others, or more, than it says")
        else:
            self._rest(depth, _TEXT)

    def _fields(self, *, named: bool) -> int:
        """How many fields a struct has, or an object, whose class is named before."""
        if named:
            self._next(_NAMES)
        content = self._next(_COUNTS)[1]
        length = struct.unpack(f"{self._ends}i", content)[0] if len(content) == 4 else 0
        names = self._next(_NAMES)[1]
        if length < 1 or len(names) % length:
            raise ValueError("a struct whose fields have no names")
        return len(names) // length

    def _rest(self, depth: int, others: frozenset[int] | set[int]) -> int:
        """Look through the arrays that follow, with `others` between them; how many there are."""
        count = 0
        while self._at < len(self._content):
            kind, content = self._next(others | {_MATRIX})
            if kind == _MATRIX:
                _Elements(content, self._ends).array(depth + 1)
                count += 1
        return count
