"""Recipes of data sets: those of the package, and what a damaged one says."""

import csv
import re
from pathlib import Path

import pytest

from camsim.dataset import recipe

DIGEST = re.compile("[0-9a-f]{64}")


@pytest.fixture(params=recipe.names())
def known(request):
    path = recipe.place(request.param)
    return recipe.read(path), recipe.listed(recipe.read(path), path)


def test_every_recipe_says_what_it_is_and_under_which_terms(known):
    about, files = known
    assert about.name in recipe.names() and about.description and about.licence and about.citation
    assert bool(about.archive) != bool(files)


def test_every_address_is_one_and_every_checksum_is_one_or_is_marked_unchecked(known):
    about, files = known
    for address in [*(archive.address for archive in about.archive), *(file.address for file in files)]:
        assert re.fullmatch(r"https?://[\w.-]+/[\w./~%()?=&',-]+", address), address
    digests = [archive.sha256 for archive in about.archive] + [file.sha256 for file in files]
    assert all(DIGEST.fullmatch(digest) or not digest for digest in digests)
    assert "checksum" in about.unchecked or all(digests)
    assert about.unchecked or about.name == "builtin"  # none could be asked for its pictures where this was written


def test_what_is_cut_anew_is_known_by_its_pixels_where_its_file_may_be_packed_otherwise(known):
    """A PNG of the same pixels may have other bytes with another zlib."""
    for file in known[1]:
        if not file.source.keep and not file.source.jpeg_quality:
            assert DIGEST.fullmatch(file.pixels)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "count", "inside"),
    [
        ("test100", 100, "test100/{}"),
        ("kodak", 24, "test100/{}"),
        ("set5", 10, "bench/Set5/{}"),
        ("set14", 28, "bench/Set14/{}"),
        ("bsd100", 200, "bench/BSD100/{}"),
        ("oct", 10, "oct/{}"),
        ("training", 2741, ""),
    ],
)
def test_checksums_are_those_of_the_reference_pictures(name, count, inside, shared):
    with (shared / "data" / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        known = {row["path"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    path = recipe.place(name)
    files = recipe.listed(recipe.read(path), path)
    assert len(files) == count
    for file in files:
        row = known[inside.format(file.name) if inside else file.name.replace("/", "/train/", 1)]
        repository, _, rest = row["source"].partition(":")
        assert file.sha256 == row["sha256"] and rest.startswith(file.path)
        assert f"githubusercontent.com/{repository}/" in file.address


def test_the_held_out_photographs_are_of_the_training_list():
    path = recipe.place("training")
    names = {file.name.rpartition("/")[2] for file in recipe.listed(recipe.read(path), path)}
    held_out = Path(__file__).parents[3].joinpath("datasets", "heldout260.txt").read_text(encoding="utf-8").split("\n")
    assert len(set(held_out) - {""}) == 260 and set(held_out) - {""} <= names


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.png\t\t\there", "no file of a source"),
        ("a.png\t\t\tnowhere\tx", "no file of a source"),
        ("../a.png\t\t\there\tx", "cannot be the name of a file"),
        ("b/../a.png\t\t\there\tx", "cannot be the name of a file"),
        ("/a.png\t\t\there\tx", "cannot be the name of a file"),
        ("a.png\t\t\there\tx\na.png\t\t\there\ty", "a.png is there twice"),
    ],
)
def test_a_damaged_table_is_one_line(tmp_path, line, words):
    mine = tmp_path / "mine.toml"
    mine.write_text('table = "mine.tsv"\n[[source]]\nname = "here"\naddress = "http://x.test/"\n')
    (tmp_path / "mine.tsv").write_text(f"name\tsha256\tpixels\tsource\tpath\n{line}\n")
    with pytest.raises(ValueError, match=words) as found:
        recipe.listed(recipe.read(mine), mine)
    assert str(found.value).startswith(f"{tmp_path / 'mine.tsv'}, line ") and "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('table = "../mine.tsv"', "cannot be the name of a file"),
        ('[[archive]]\naddress = "x"\ntake = "*"\nsha256 = "abc"', "sha256"),
        ("[[archive]]\ntake = 1", "address is missing"),
        ("adress = 1", "unknown key adress"),
    ],
)
def test_a_damaged_recipe_is_one_line(tmp_path, text, words):
    mine = tmp_path / "mine.toml"
    mine.write_text(text)
    with pytest.raises(ValueError, match=words) as found:
        recipe.listed(recipe.read(mine), mine)
    assert "\n" not in str(found.value)


def test_a_name_that_is_none_is_told_which_there_are():
    with pytest.raises(ValueError, match=r"no data set 'set55': .*kodak.*did you mean 'set5'"):
        recipe.place("set55")
