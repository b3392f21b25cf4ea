"""Rendered sets on disk."""

import hashlib
import json
import re

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.dataset import folder as dataset
from camsim.dataset import photographs, writing
from camsim.io import image
from camsim.io.resize import resize

CAMERAS = {name: camera_file.load(name) for name in ("ideal", "f22")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        smooth = resize(rng.random((12, 16, 3)), (150, 200))
        image.write(place / f"{name}.png", smooth)
    return place


@pytest.fixture(scope="module")
def rendered(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("set") / "set"
    writing.write(target, photographs.open_sources([folder]), CAMERAS, hr_px=64, scale=4)
    return target


def without(table, key):
    return {name: value for name, value in table.items() if name != key}


def tree(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_set_has_the_promised_form(rendered):
    assert {str(p) for p in tree(rendered)} == {
        *(f"{place}/{name}.png" for place in ("HR", "LR/ideal", "LR/f22") for name in ("one", "two")),
        "cameras/ideal.toml",
        "cameras/f22.toml",
        "manifest.json",
    }
    assert camera_file.load(rendered / "cameras" / "f22.toml") == camera_file.load("f22")
    names, lr, hr = dataset.load(rendered, "f22")
    assert names == ["one", "two"] and lr.shape == (2, 16, 16, 3) and hr.shape == (2, 64, 64, 3)


def test_the_manifest_says_enough_to_make_every_picture_again(rendered, folder):
    records = json.loads((rendered / "manifest.json").read_text())["images"]
    assert [record["name"] for record in records] == ["one", "two"]
    for record in records:
        source = folder / record["source"]
        assert hashlib.sha256(source.read_bytes()).hexdigest() == record["source_sha256"]
        top, left, side = record["window_top_left_side"]
        scene = image.read(source)[top : top + side, left : left + side]
        assert hashlib.sha256(image.quantise(scene).tobytes()).hexdigest() == record["scene_sha256"]
        again = pipeline.render(scene, CAMERAS["f22"], seed=record["settings"]["f22"]["seed"])
        stored = image.read(rendered / "LR" / "f22" / f"{record['name']}.png")
        np.testing.assert_array_equal(image.quantise(again.reduced((16, 16))), image.quantise(stored))
        target = image.read(rendered / "HR" / f"{record['name']}.png")
        np.testing.assert_array_equal(image.quantise(target), image.quantise(resize(scene, (64, 64))))


@pytest.mark.slow
def test_a_set_in_shards_holds_the_same_pictures(rendered, folder, tmp_path):
    """And any program that knows tar reads them, sample by sample."""
    import io
    import tarfile

    from PIL import Image

    photos = photographs.open_sources([folder])
    writing.write(tmp_path / "set", photos, CAMERAS, hr_px=64, scale=4, shard_scenes=1)
    for setting in CAMERAS:
        for ours, single in zip(dataset.load(tmp_path / "set", setting), dataset.load(rendered, setting), strict=True):
            np.testing.assert_array_equal(ours, single)
    with tarfile.open(tmp_path / "set" / "shards" / "000001.tar") as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive}
    assert list(files) == [f"000001-000000.{end}" for end in ("hr.png", "ideal.png", "f22.png", "json")]
    record = json.loads((rendered / "manifest.json").read_text())["images"][1]
    assert json.loads(files["000001-000000.json"]) == record
    with Image.open(io.BytesIO(files["000001-000000.hr.png"])) as picture:
        np.testing.assert_array_equal(np.asarray(picture), dataset.load(rendered, "f22")[2][1])
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    for shard in manifest["shards"]:
        content = (tmp_path / "set" / "shards" / f"{shard['name']}.tar").read_bytes()
        assert hashlib.sha256(content).hexdigest() == shard["sha256"] and len(content) == shard["size_bytes"]


def test_a_damaged_shard_or_index_is_one_line(folder, tmp_path):
    photos = photographs.open_sources([folder])
    cameras = {"ideal": CAMERAS["ideal"]}
    writing.write(tmp_path / "set", photos, cameras, hr_px=64, scale=4, shard_scenes=2)
    shard, index = tmp_path / "set" / "shards" / "000000.tar", tmp_path / "set" / "index" / "000000.json"
    whole = shard.read_bytes()
    for damaged in (whole[:600], b"x" * len(whole), b""):
        shard.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"000000\.tar, byte \d+: damaged"):
            dataset.load(tmp_path / "set", "ideal")
    shard.write_bytes(whole)
    for text in ("{", '{"images": [{"name": "../x", "source_sha256": "", "at": []}]}', '{"images": [{}]}'):
        index.write_text(text)
        with pytest.raises(ValueError, match=r"000000\.json: damaged"):
            dataset.load(tmp_path / "set", "ideal")
    with pytest.raises(ValueError, match="a set in shards, which is for training"):
        dataset.read_manifest(tmp_path / "set")


@pytest.mark.slow
def test_same_seed_same_bytes_in_any_number_of_processes(rendered, folder, tmp_path):
    writing.write(tmp_path / "again", photographs.open_sources([folder]), CAMERAS, hr_px=64, scale=4, jobs=2)
    assert tree(tmp_path / "again") == tree(rendered)
    writing.write(tmp_path / "other", photographs.open_sources([folder]), CAMERAS, hr_px=64, scale=4, seed=1)
    other, one = tree(tmp_path / "other"), tree(rendered)
    changed = {str(p) for p in one if one[p] != other[p]}
    assert changed == {"manifest.json", "LR/f22/one.png", "LR/f22/two.png"}  # noise alone


def test_a_photo_smaller_than_the_target_is_refused_and_leaves_nothing(folder, tmp_path):
    with pytest.raises(ValueError, match=r"one\.png.*150 px is less than the HR size, 256"):
        writing.write(tmp_path / "set", photographs.open_sources([folder]), CAMERAS, hr_px=256)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"no photograph can be used: one\.png: its shorter side"):
        writing.write(tmp_path / "set", photographs.open_sources([folder]), CAMERAS, hr_px=256, strict=False)
    assert not list(tmp_path.iterdir())


def test_load_names_what_is_wrong(rendered, tmp_path):
    import shutil

    with pytest.raises(ValueError, match=r"manifest\.json is missing"):
        dataset.load(tmp_path, "f22")
    with pytest.raises(ValueError, match="no setting 'pixel25'"):
        dataset.load(rendered, "pixel25")
    broken = tmp_path / "broken"
    shutil.copytree(rendered, broken)
    (broken / "LR" / "f22" / "two.png").unlink()
    with pytest.raises(ValueError, match=r"two\.png"):
        dataset.load(broken, "f22")
    image.write(broken / "LR" / "f22" / "two.png", np.zeros((8, 8, 3)))
    with pytest.raises(ValueError, match=r"two\.png: 8×8 instead of 16×16"):
        dataset.load(broken, "f22")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: "{", "not JSON"),
        (lambda m: "[" * 5000, "nested too deeply"),
        (lambda m: [m], "no table"),
        (lambda m: m | {"format": None}, "format = None must be text"),
        (lambda m: m | {"format": "another 1"}, "format = 'another 1'"),
        (lambda m: without(m, "format"), "format is missing"),
        (lambda m: without(m, "hr_px"), "hr_px is missing"),
        (lambda m: m | {"hr_px": "64"}, "hr_px = '64' must be a whole number"),
        (lambda m: m | {"hr_px": 64.5}, "hr_px = 64.5 must be"),
        (lambda m: m | {"hr_px": True}, "hr_px = True must be"),
        (lambda m: m | {"hr_px": 10**12}, "hr_px"),
        (lambda m: m | {"scale": 0}, "scale = 0 must be in"),
        (lambda m: m | {"scale": -4}, "scale = -4 must be in"),
        (lambda m: m | {"scale": 3}, "must be a multiple of scale = 3"),
        (lambda m: m | {"settings": None}, "settings = None"),
        (lambda m: m | {"settings": {"f22": 1}}, "settings"),
        (lambda m: m | {"settings": ["f22", "f22"]}, "'f22' is there twice"),
        (lambda m: m | {"settings": ["f22", "../f22"]}, "'../f22' cannot be the name of a file"),
        (lambda m: m | {"images": None}, "images = None"),
        (lambda m: m | {"images": [None]}, "images"),
        (lambda m: m | {"images": [without(m["images"][0], "name")]}, "name is missing"),
        (lambda m: m | {"images": [without(m["images"][0], "source_sha256")]}, "source_sha256 is missing"),
        (lambda m: m | {"images": [m["images"][0] | {"source_sha256": 7}]}, "source_sha256 = 7 must be text"),
        (lambda m: m | {"images": [m["images"][0]] * 2}, "'one' is there twice"),
        *(
            (lambda m, name=name: m | {"images": [m["images"][0] | {"name": name}]}, "cannot be the name of a file")
            for name in ("", "..", "../../one", "/etc/passwd", "a/b", "a\0b", "a" * 300)
        ),
    ],
)
def test_a_damaged_manifest_is_one_line(rendered, tmp_path, change, words):
    """Whatever is missing, null, of another type or leads out of the set is said before any picture is read."""
    changed = change(json.loads((rendered / "manifest.json").read_text()))
    (tmp_path / "manifest.json").write_text(changed if isinstance(changed, str) else json.dumps(changed))
    with pytest.raises(ValueError, match=re.escape(words)) as found:
        dataset.read_manifest(tmp_path)
    line = str(found.value)
    assert line.startswith(f"{tmp_path / 'manifest.json'}: damaged, or not a rendered set's") and "\n" not in line


def test_a_manifest_may_say_more(rendered, tmp_path):
    changed = json.loads((rendered / "manifest.json").read_text()) | {"comment": {"of": "another program"}}
    (tmp_path / "manifest.json").write_text(json.dumps(changed))
    assert dataset.read_manifest(tmp_path) == changed


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "", "..", "a/b", "a\0b", "x" * 300])
def test_a_name_that_leads_out_of_the_set_is_refused_before_anything_is_made(name, folder, tmp_path):
    photo = photographs.Photo(name=name, path=folder / "one.png")
    with pytest.raises(ValueError, match="cannot be the name of a file"):
        writing.write(tmp_path / "a" / "set", [photo], CAMERAS, hr_px=64, scale=4)
    camera = CAMERAS["f22"]
    with pytest.raises(ValueError, match="cannot be the name of a file"):
        writing.write(tmp_path / "a" / "set", photographs.open_sources([folder]), {name: camera}, hr_px=64, scale=4)
    assert not list(tmp_path.iterdir())
