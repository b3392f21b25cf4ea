"""Pairs in memory, of rendered sets and of folders: windows, turns, held-out pairs, streaming."""

import numpy as np
import pytest
from PIL import Image

from camsim import camera_file
from camsim.dataset import folder, photographs, writing
from camsim.dataset import pairs as rendered_pairs
from camsim.io import image
from camsim.io.resize import resize
from enhance.data import discover, sampling, stored_pairs


def save(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def smooth(rng, rows, columns):
    """A picture without detail finer than a fifth of its side."""
    return image.quantise(resize(rng.random((6, 6, 3)), (rows, columns)))


@pytest.fixture
def pairs():
    """Training pictures of arrays in memory."""

    def opened(names, lr, hr):
        about = {"source": "test", "source_sha256": (), "scale": hr[0].shape[0] // lr[0].shape[0]}
        stored = stored_pairs.pairs_in_memory(names, lr, hr)
        return stored_pairs.StoredPairs(stored, hr_px=hr[0].shape[0], crop="fixed_size", jobs=0, **about)

    return opened


def smooth_pairs(count, side=32, scale=4):
    rng = np.random.default_rng(0)
    hr = [smooth(rng, side, side) for _ in range(count)]
    lr = [image.quantise(resize(picture / 255, (side // scale, side // scale))) for picture in hr]
    return [str(number) for number in range(count)], lr, hr


# --- in memory ----------------------------------------------------------------------------------------------------


def test_batches_depend_on_seed_and_step_alone_and_cover_every_pair_each_epoch(pairs, take, assert_same):
    names, _, hr = smooth_pairs(8)
    marked = [np.full((8, 8, 3), number, np.uint8) for number in range(8)]
    assert_same(take(pairs(names, marked, hr), 2), take(pairs(names, marked, hr), 2))
    for seed in (3, 4):
        seen = [int(low[0, 0, 0]) for lr, _ in take(pairs(names, marked, hr), 6, seed=seed) for low in lr]
        assert [sorted(seen[start : start + 8]) for start in (0, 8, 16)] == [list(range(8))] * 3
    one, other = (take(pairs(names, marked, hr), 1, size=8, seed=seed)[0][0] for seed in (3, 4))
    assert not np.array_equal(one, other)


def test_lr_and_hr_are_turned_alike(pairs, take):
    for lr, hr in take(pairs(*smooth_pairs(8)), 6):
        for low, high in zip(lr, hr, strict=True):
            np.testing.assert_allclose(image.quantise(resize(high / 255, low.shape[:2])), low, atol=1)


def test_held_out_pairs_are_not_trained_on(pairs, take):
    names, lr, hr = smooth_pairs(20)
    with pairs(names, lr, hr) as pictures:
        held_out = pictures.hold_out(4)
        assert len(held_out) == 4 and (len(pictures), pictures.trained_on) == (20, 16)
        trained_on = {low.tobytes() for batch, _ in take(pictures, 8) for low in batch}
        turned = {np.rot90(low, n).tobytes() for low in held_out.lr for n in range(4)}
        mirrored = {np.rot90(low, n)[:, ::-1].tobytes() for low in held_out.lr for n in range(4)}
        assert not trained_on & (turned | mirrored)
    assert pairs(*smooth_pairs(3)).hold_out(4).names == []  # a quarter at most


def test_the_built_in_photographs_are_rendered_once(monkeypatch, pairs, take, assert_same):
    f22 = camera_file.load("f22")
    few = [photographs.Photo(name="cat", path=photographs.builtin("chelsea").path, cuts=6)]
    monkeypatch.setattr(stored_pairs, "builtin_photographs", lambda split: few)
    steps = []
    with discover.open(None, camera=f22, setting="f22", hr_px=32, seed=7, step=lambda: steps.append(1)) as pictures:
        rendered = list(rendered_pairs.render_pairs(few, {"camera": f22}, seed=7, vary=True, hr_px=32, scale=4))
        expected = pairs([p.name for p in rendered], [p.lr["camera"] for p in rendered], [p.hr for p in rendered])
        assert (len(pictures), len(steps)) == (6, 6)
        assert set(pictures.source_sha256) == {p.record["source_sha256"] for p in rendered}
        assert_same(take(pictures, 2), take(expected, 2))


# --- in files -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rendered(tmp_path_factory, photo_folder):
    place = tmp_path_factory.mktemp("rendered")
    photo_folder(place / "photos", count=9, shape=(90, 80))
    found = photographs.open_sources([place / "photos"])
    writing.write(place / "set", found, {"f22": camera_file.load("f22")}, hr_px=32, scale=4, scene_px=64)
    return place / "set"


def test_a_rendered_set_is_trained_on_in_the_order_of_its_pairs(rendered, pairs, open_folder, take, assert_same):
    names, lr, hr = folder.load(rendered, "f22")
    with open_folder(rendered, hr_px=128) as source:  # windows cannot be larger than the pictures
        held_out = source.hold_out(2)
        assert (len(source), source.scale, source.hr_px, source.in_memory) == (9, 4, 32, True)
        assert len(source.source_sha256) == 9
        assert held_out.names == [names[0], names[8]]
        assert_same([(held_out.lr, held_out.hr)], [(lr[[0, 8]], hr[[0, 8]])])
        assert_same(take(source, 5), take(pairs(names[1:8], lr[1:8], hr[1:8]), 5))


@pytest.mark.parametrize("limit", [0, 1 << 30])
def test_a_set_in_shards_gives_the_same_batches_streamed_or_in_memory(
    rendered, tmp_path, open_folder, take, assert_same, limit
):
    found = photographs.open_sources([rendered.parent / "photos"])
    cameras = {"f22": camera_file.load("f22")}
    writing.write(tmp_path / "set", found, cameras, hr_px=32, scale=4, scene_px=64, shard_scenes=4)
    with open_folder(rendered) as single, open_folder(tmp_path / "set", memory_limit_bytes=limit) as sharded:
        assert sharded.in_memory is bool(limit) and len(sharded) == 9
        assert sharded.source_sha256 == single.source_sha256
        ours, theirs = sharded.hold_out(2), single.hold_out(2)
        assert_same([(ours.lr, ours.hr)], [(theirs.lr, theirs.hr)])
        assert_same(take(sharded, 5), take(single, 5))
    with pytest.raises(ValueError, match="no setting 'pixel25', only f22"):
        open_folder(tmp_path / "set", setting="pixel25")


def test_a_rendered_set_names_what_is_wrong(rendered, tmp_path, open_folder):
    import shutil

    with pytest.raises(ValueError, match="no setting 'pixel25', only f22"):
        open_folder(rendered, setting="pixel25")
    with pytest.raises(ValueError, match=r"rendered pairs, in which optics\.fnumber cannot vary"):
        open_folder(rendered, camera=camera_file.load("f22"), vary={"optics.fnumber": (4, 8)})
    broken = tmp_path / "broken"
    shutil.copytree(rendered, broken)
    save(broken / "LR" / "f22" / "photo3.png", np.zeros((9, 8, 3), np.uint8))
    with pytest.raises(ValueError, match=r"photo3\.png: 32×32 px, not 4 times the 8×9 px of .*photo3\.png"):
        open_folder(broken)
    (broken / "LR" / "f22" / "photo3.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"photo3\.png: cannot be read"):
        open_folder(broken)
    (broken / "manifest.json").write_text('{"format": "cam2eye dataset 1", "settings": ["f22"]}')
    with pytest.raises(ValueError, match="damaged"):
        open_folder(broken)


@pytest.mark.parametrize("name", ["LR/{}x4.png", "LR/{}.png", "LR/f22/{}.png"])
def test_pairs_of_any_size_are_cut_between_lr_pixels(name, tmp_path, pair_folder, open_folder, take):
    with open_folder(pair_folder(tmp_path, [(8, 8), (9, 20), (30, 11)], name=name), hr_px=24) as source:
        assert source.scale == 4 and len(source) == 3
        places = set()
        for lr, hr in take(source, 12):
            assert lr.shape == (4, 6, 6, 3) and hr.shape == (4, 24, 24, 3)
            np.testing.assert_array_equal(lr.repeat(4, 1).repeat(4, 2), hr)
            places |= {low.tobytes() for low in lr}
    assert len(places) > 40  # hardly a window twice


@pytest.mark.parametrize("scale", [2, 3])
def test_the_scale_is_that_of_the_files(scale, tmp_path, pair_folder, open_folder, take):
    with open_folder(pair_folder(tmp_path, [(16, 16)] * 2, scale=scale), hr_px=12, scale=4) as source:
        ((lr, hr),) = take(source, 1)
        assert source.scale == scale and lr.shape[1] * scale == hr.shape[1] == 12


def test_windows_of_random_size_are_reduced_alike_and_stay_registered(tmp_path, open_folder, take):
    rng = np.random.default_rng(0)
    for number in range(4):  # a steady slope: its rise over a window tells the window's side
        slope = np.linspace(0, 255, 256)[None, :, None] * np.ones((256, 1, 3)) * rng.uniform(0.9, 1)
        save(tmp_path / "HR" / f"{number}.png", image.quantise(slope / 255))
        save(tmp_path / "LR" / f"{number}.png", image.quantise(resize(slope / 255, (64, 64))))
    with open_folder(tmp_path, crop="random_size") as source:
        rises = []
        for lr, hr in take(source, 16):
            for low, high in zip(lr / 255, hr / 255, strict=True):
                np.testing.assert_allclose(resize(high, (8, 8))[1:-1, 1:-1], low[1:-1, 1:-1], atol=2 / 255)
                rises.append(np.ptp(high[..., 0]))
    assert min(rises) < 0.2 and max(rises) > 0.7  # from 32 of 256 px to nearly all


def test_validation_shows_the_middle_unturned(tmp_path, pair_folder, open_folder):
    place = pair_folder(tmp_path, [(12, 10)] * 8)
    with open_folder(place) as source:
        shown = source.hold_out(2)
    assert shown.names == ["0000", "0007"] and shown.lr.shape == (2, 8, 8, 3)
    for name, low, high in zip(shown.names, shown.lr, shown.hr, strict=True):
        whole = np.asarray(Image.open(place / "LR" / f"{name}x4.png"))
        np.testing.assert_array_equal(low, whole[2:10, 1:9])
        np.testing.assert_array_equal(low.repeat(4, 0).repeat(4, 1), high)


@pytest.mark.parametrize("crop", sampling.KINDS)
def test_streaming_gives_the_batches_of_memory_bit_for_bit(crop, tmp_path, pair_folder, open_folder, take, assert_same):
    place = pair_folder(tmp_path, [(9, 20), (30, 11), (16, 16), (12, 13), (8, 8)])
    steps = []
    options = {"crop": crop, "jobs": 3, "step": lambda: steps.append(1)}
    with (
        open_folder(place, **options) as memory,
        open_folder(place, memory_limit_bytes=0, **options) as files,
    ):
        assert memory.in_memory and not files.in_memory and len(steps) == 5
        assert files.fingerprint() == memory.fingerprint()
        one, other = memory.hold_out(1), files.hold_out(1)
        assert_same([(one.lr, one.hr)], [(other.lr, other.hr)])
        batches = take(memory, 6)
        assert_same(take(files, 6), batches)
        assert_same(take(files, 2, start=4), batches[4:])  # as after --resume


def test_a_run_goes_on_only_with_equal_data(tmp_path, pair_folder, open_folder):
    def fingerprint(place, **options):
        with open_folder(place, **options) as source:
            return source.fingerprint()

    place = pair_folder(tmp_path / "a", [(12, 12)] * 3)
    one = fingerprint(place)
    assert one == fingerprint(pair_folder(tmp_path / "b", [(12, 12)] * 3))  # wherever it lies
    different = {one, fingerprint(place, hr_px=16), fingerprint(place, crop="random_size")}
    low = np.asarray(Image.open(place / "LR" / "0001x4.png")).copy()
    low[0, 0, 0] ^= 1
    save(place / "LR" / "0001x4.png", low)
    assert len(different | {fingerprint(place)}) == 4


@pytest.mark.parametrize("limit", [None, 0], ids=["memory", "files"])
def test_hr_that_was_cropped_to_a_multiple_is_paired_from_its_first_pixel(
    tmp_path, limit, pair_folder, open_folder, take
):
    place = pair_folder(tmp_path / "plain", [(12, 16)] * 4)
    cropped = pair_folder(tmp_path / "cropped", [(12, 16)] * 4)
    for path in (cropped / "HR").iterdir():
        picture = image.read_native(path)
        save(path, np.pad(picture, ((0, 3), (0, 1), (0, 0)), constant_values=255))
    with open_folder(place) as one, open_folder(cropped, memory_limit_bytes=limit) as other:
        assert one.scale == other.scale == 4
        for a, b in zip(take(one, 4), take(other, 4), strict=True):
            assert np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1])


def test_pairs_that_do_not_fit_are_named(tmp_path, pair_folder, open_folder):
    def refused(match, **options):
        with pytest.raises(ValueError, match=match) as error:
            open_folder(place, **options)
        assert "\n" not in str(error.value)

    place = pair_folder(tmp_path / "a", [(12, 12)] * 3)
    refused("shorter side of 48 px is less than the HR size, 64 px", hr_px=64)
    refused("HR size 30 must be a multiple of the scale 4", hr_px=30)
    refused("crop = 'wild' must be one of fixed_size, random_size", crop="wild")
    save(place / "HR" / "0009.png", np.zeros((48, 48, 3), np.uint8))
    refused("LR: has no picture '0009', which .*HR has")
    save(place / "LR" / "0009.png", np.zeros((24, 24, 3), np.uint8))
    refused(r"0009\.png: 48×48 px, not 4 times the 24×24 px")
    save(place / "LR" / "0009x4.png", np.zeros((12, 12, 3), np.uint8))
    refused(r"0009\.png and 0009x4\.png have the same name '0009'")
    for path in (place / "LR").iterdir():
        path.unlink()
    refused("LR: neither pictures nor a folder 'f22'")


def test_a_file_that_spoils_during_training_is_named(tmp_path, pair_folder, open_folder, take):
    place = pair_folder(tmp_path, [(12, 12)] * 3)
    with open_folder(place, memory_limit_bytes=0) as source:
        (place / "HR" / "0001.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        with pytest.raises(ValueError, match=r"0001\.png: cannot be read"):
            take(source, 2)
