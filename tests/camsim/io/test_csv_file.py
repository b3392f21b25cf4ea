"""Rows in CSV files: after those of others, never among them."""

import csv
import errno
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from camsim.io import csv_file

COLUMNS = ["name", "value"]


def agree(path):
    """Accept a file of these columns."""
    if csv_file.header(path) not in (None, COLUMNS):
        raise ValueError("other columns")


def test_rows_come_behind_a_header_and_behind_each_other(tmp_path):
    path = tmp_path / "new" / "rows.csv"
    assert csv_file.header(path) is None
    csv_file.append(path, COLUMNS, [["a, b", 1]], check=agree)
    path.write_text(path.read_text().rstrip("\n"))
    csv_file.append(path, COLUMNS, [["c", 2], ["d", 3]], check=agree)
    assert path.read_text() == 'name,value\n"a, b",1\nc,2\nd,3\n'
    assert csv_file.header(path) == COLUMNS and csv_file.rows(path)[0] == {"name": "a, b", "value": "1"}


def test_what_is_no_such_file_is_left_alone(tmp_path):
    for content, words in ((b"a,b\n1,2\n", "other columns"), (b"\xff\xfe\0a", "not a CSV")):
        (tmp_path / "mine.csv").write_bytes(content)
        with pytest.raises(ValueError, match=words):
            csv_file.append(tmp_path / "mine.csv", COLUMNS, [["a", 1]], check=agree)
        assert (tmp_path / "mine.csv").read_bytes() == content
    (tmp_path / "short.csv").write_text("name,value\na\n")
    with pytest.raises(ValueError, match=r"short\.csv: not a CSV file \(line 2 has 1 values, the header 2\)"):
        csv_file.rows(tmp_path / "short.csv")
    with pytest.raises(ValueError, match="it is a folder"):
        csv_file.append(tmp_path, COLUMNS, [], check=agree)


def test_the_file_is_judged_as_it_is_when_nobody_else_writes(tmp_path):
    """Two that found no file, and differ: the second is told so and writes nothing."""
    path, asked = tmp_path / "rows.csv", []

    def late(path):
        asked.append(agree(path))
        if len(asked) == 1:
            path.write_text("another,header\n")

    with pytest.raises(ValueError, match="other columns"):
        csv_file.append(path, COLUMNS, [["a", 1]], check=late)
    assert path.read_text() == "another,header\n"


@pytest.mark.skipif(os.name == "nt", reason="no such lock")
@pytest.mark.parametrize("locks", [True, False])
def test_many_writers_lose_no_row(tmp_path, monkeypatch, locks):
    """Nor where the system has no locks, as some network folders."""
    import fcntl

    def unsupported(*_):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    if not locks:
        monkeypatch.setattr(fcntl, "flock", unsupported)
    path = tmp_path / "rows.csv"

    def write(number):
        csv_file.append(path, COLUMNS, [[f"{number}", row] for row in range(20)], check=agree)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == COLUMNS and len(rows) == 480 and [p.name for p in tmp_path.iterdir()] == ["rows.csv"]
    assert sorted(rows) == sorted([f"{number}", f"{row}"] for number in range(24) for row in range(20))


def test_text_is_no_formula_in_a_spreadsheet_and_numbers_stay_numbers(tmp_path):
    """OWASP, CSV injection: a cell that begins with = + - @, a tab or a carriage return is computed."""
    path = tmp_path / "rows.csv"
    names = ["=1+1", "+1", "-a.png", "@SUM(A1)", "\t=1", "\r=1", "a=1", ""]
    csv_file.append(path, COLUMNS, [[name, -2.5] for name in names], check=agree)
    with path.open(newline="") as file:
        _, *found = csv.reader(file)
    assert [row[0] for row in found] == ["'=1+1", "'+1", "'-a.png", "'@SUM(A1)", "'\t=1", "' =1", "a=1", ""]
    assert {row[1] for row in found} == {"-2.5"}


@pytest.mark.skipif(os.name == "nt", reason="no such lock")
def test_who_appends_waits_for_who_holds_the_file(tmp_path):
    """What was read before another process was done is out of date."""
    import fcntl

    path = tmp_path / "rows.csv"
    path.write_text("name,value\n")
    with ThreadPoolExecutor(1) as pool, path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = pool.submit(csv_file.append, path, COLUMNS, [["b", 2]], check=agree)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.2)
        other.write(b"a,1\n")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_UN)
        waiting.result(timeout=30)
    assert path.read_text() == "name,value\na,1\nb,2\n"
