"""JSON and TOML that anybody may have written."""

import os

import pytest

from camsim.io import text_file


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[" * 65 + "]" * 65, "nested too deeply"),
        ('{"a": NaN}', "NaN is no finite number"),
        ('{"a": -Infinity}', "no finite number"),
        ("1e400", "a number too large"),
        ("9" * 400, "more than 64 bits"),
        ("9" * 5000, "not JSON"),
        ('{"a": 1', "not JSON"),
        ("", "not JSON"),
        (b'{"a": "\xff"}', "not a text in UTF-8 "),
    ],
)
def test_json_that_cannot_be_used_is_one_line(tmp_path, content, words):
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=words) as found:
        text_file.read_json(path)
    assert str(found.value).startswith(f"{path}: ") and "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        (".".join("a" * 100) + " = 1", "nested too deeply"),
        (".".join("a" * 1_000_000) + " = 1", "nested too deeply"),  # whose parser takes the square of the length
        ("a = {b." + ".".join("a" * 1_000_000) + " = 1}", "nested too deeply"),
        ("[" + " . ".join("a" * 1_000_000) + "]", "nested too deeply"),
        ('"#".' + ".".join("a" * 1_000_000) + " = 1", "nested too deeply"),  # no comment
        ('a = {b = """\n # """, ' + ".".join("c" * 1_000_000) + " = 1}", "nested too deeply"),
        ("a = '''\n\"'''\n" + ".".join("c" * 1_000_000) + ' = ""', "nested too deeply"),
        ("a = " + "9" * 400, "more than 64 bits"),
        ("a = 0x" + "f" * 10_000, "more than 64 bits"),
        ("a = " + "9" * 5000, "not TOML"),
        ("a", "not TOML"),
    ],
)
def test_toml_that_cannot_be_used_is_one_line(tmp_path, content, words):
    path = tmp_path / "a.toml"
    path.write_text(content)
    with pytest.raises(ValueError, match=words) as found:
        text_file.read_toml(path)
    assert str(found.value).startswith(f"{path}: ") and "\n" not in str(found.value)


def test_what_is_sound_is_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b'\xef\xbb\xbf{"a": [1, -2.5e300, null, true, "\\u00e4"], "b": 9223372036854775807}')
    assert text_file.read_json(path) == {"a": [1, -2.5e300, None, True, "ä"], "b": 2**63 - 1}
    dots = "." * 200
    path.write_text(f"# {dots}\ndistance_m = inf # {dots}\n[lens] # it's {dots}\nfnumber = 2.8\n")
    assert text_file.read_toml(path) == {"distance_m": float("inf"), "lens": {"fnumber": 2.8}}  # TOML has a word for it
    path.write_text(f'a = \'{dots}\'\n"{dots}" = "\\"{dots}"\nb = """\n{dots}"""\nc = \'\'\'\n\'{dots}\'\'\'\n')
    assert text_file.read_toml(path) == {"a": dots, dots: f'"{dots}', "b": dots, "c": f"'{dots}"}


def test_no_more_is_read_than_such_a_file_has(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "MOST_JSON_BYTES", 1 << 20)
    path = tmp_path / "long.json"
    path.write_bytes(b"[" + b" " * (1 << 20) + b"]")
    with pytest.raises(ValueError, match=r"long\.json: longer than the 1 MiB"):
        text_file.read_json(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    getattr(os, "mkfifo")(tmp_path / "pipe")  # noqa: B009  Windows has none
    with pytest.raises(ValueError, match="pipe: is a pipe, not a text"):
        text_file.read_json(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is a folder, not a text"):
        text_file.read_toml(tmp_path)
    with pytest.raises(FileNotFoundError):
        text_file.read_toml(tmp_path / "gone")
