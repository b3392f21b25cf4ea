"""Archives from anyone: what is taken out of them, and what they cannot do."""

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile

import pytest

from camsim.io import archive

FILES = {"set/HR/a.png": b"one", "set/HR/b.png": b"two" * 1000, "set/HR/notes.txt": b"no", "other/c.png": b"no"}


def zipped(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content, **options)
    return path


def tarred(path, files, mode="w:gz", **about):
    with tarfile.open(path, mode) as made:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            for key, value in about.items():
                setattr(header, key, value)
            made.addfile(header, io.BytesIO(content))
    return path


def packed_header(path, content, kind=tarfile.XHDTYPE):
    """A gzip with one header of a tar, which says that `content` of that kind follows."""
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, len(content)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT))
        file.write(content)
        file.write(bytes(-len(content) % 512 + 1024))
    return path


def extract(path, into, take="set/HR/*.png", **limits):
    into.mkdir(exist_ok=True)
    return archive.extract(path, into, take=take, **({"most_files": 10, "most_bytes": 1 << 20} | limits))


@pytest.mark.parametrize("make", [zipped, tarred, lambda path, files: tarred(path, files, "w")])
def test_only_what_is_asked_for_is_taken_out_into_one_folder(make, tmp_path):
    found = extract(make(tmp_path / "it", FILES), tmp_path / "out")
    assert found == [tmp_path / "out" / "a.png", tmp_path / "out" / "b.png"]
    assert [path.read_bytes() for path in found] == [FILES["set/HR/a.png"], FILES["set/HR/b.png"]]
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_patterns_stand_for_names_part_by_part(tmp_path):
    path = zipped(tmp_path / "it", {"a/x.png": b"1", "a/b/y.png": b"2", "c/z.png": b"3"})
    assert [p.name for p in extract(path, tmp_path / "out", take="a/*.png c/*.png")] == ["x.png", "z.png"]


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil.png", "set/HR/../../../evil.png", "set\\..\\..\\evil.png"])
def test_names_that_lead_out_are_refused(make, name, tmp_path):
    with pytest.raises(ValueError, match="leads out of it") as refusal:
        extract(make(tmp_path / "it", {name: b"x"}), tmp_path / "out", take="*")
    assert str(refusal.value).startswith(f"{tmp_path / 'it'}: ") and "\n" not in str(refusal.value)
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize("make", [zipped, tarred])
def test_an_absolute_name_is_written_nowhere_but_into_the_folder(make, tmp_path):
    target = tmp_path / "elsewhere" / "x.png"
    with pytest.raises(ValueError, match="no set/"):
        extract(make(tmp_path / "it", {str(target): b"x"}), tmp_path / "out")
    assert not target.exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_of_a_tar_are_refused(kind, tmp_path):
    path = tarred(tmp_path / "it", {"set/HR/a.png": b""}, type=kind, linkname="/etc/hostname")
    with pytest.raises(ValueError, match="a link or no regular file"):
        extract(path, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_links_of_a_zip_are_refused(tmp_path):
    link = zipfile.ZipInfo("set/HR/a.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "it", "w") as made:
        made.writestr(link, "/etc/hostname")
    with pytest.raises(ValueError, match="a link or no regular file"):
        extract(tmp_path / "it", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_bomb_is_stopped_at_the_limit(make, tmp_path):
    path = make(tmp_path / "it", {"set/HR/a.png": bytes(50 << 20)})
    assert path.stat().st_size < 100_000
    with pytest.raises(ValueError, match="more bytes than it may have"):
        extract(path, tmp_path / "out")
    assert (tmp_path / "out" / "a.png").stat().st_size <= 1 << 20


def test_a_zip_that_lies_about_its_size_is_counted_as_it_is_unpacked(tmp_path):
    path = zipped(tmp_path / "it", {"set/HR/a.png": bytes(5 << 20)})
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = content.index(signature) + at
        content[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"more bytes|damaged"):
        extract(path, tmp_path / "out")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_bomb_in_the_header_of_a_tar_takes_no_memory(kind, tmp_path):
    path = packed_header(tmp_path / "it", b"9 a=bbbb\n" * (6 << 20), kind)
    tracemalloc.start()
    with pytest.raises(ValueError, match="a header that is too long"):
        extract(path, tmp_path / "out")
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_list_of_holes_without_end_is_not_read(tmp_path):
    record = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
    with gzip.open(tmp_path / "it", "wb") as file:
        header = tarfile.TarInfo("x")
        header.type, header.size = tarfile.XHDTYPE, len(record)
        file.write(header.tobuf(tarfile.USTAR_FORMAT) + record + bytes(-len(record) % 512))
        header = tarfile.TarInfo("set/HR/a.png")
        header.size = 10 << 20
        file.write(header.tobuf(tarfile.USTAR_FORMAT) + b"4000000\n" + b"1\n" * (5 << 20))
    with pytest.raises(ValueError, match="with holes"):
        extract(tmp_path / "it", tmp_path / "out")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({f"set/HR/{i}.png": b"" for i in range(11)}, "more than 10 files"),
        ({"set/HR/a.png": b"", "set/HR/A.png": b""}, "two files are called 'A.png'"),
        ({"x.txt": b""}, r"no set/HR/\*\.png in it"),
    ],
)
@pytest.mark.parametrize("make", [zipped, tarred])
def test_what_is_not_as_it_should_be_is_one_line(make, files, words, tmp_path):
    with pytest.raises(ValueError, match=words) as refusal:
        extract(make(tmp_path / "it", files), tmp_path / "out")
    assert str(refusal.value).startswith(f"{tmp_path / 'it'}: ") and "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\3\4 and nothing", b"\x1f\x8b\x08 half", bytes(2000)])
def test_what_is_no_archive_is_one_line(content, tmp_path):
    (tmp_path / "it").write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged|no set/HR|no archive"):
        extract(tmp_path / "it", tmp_path / "out")


@pytest.mark.parametrize("make", [zipped, tarred])
def test_half_an_archive_is_one_line(make, tmp_path):
    path = make(tmp_path / "it", FILES | {"set/HR/c.png": bytes(range(256)) * 400})
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ValueError, match="damaged"):
        extract(path, tmp_path / "out")
