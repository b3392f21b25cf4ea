"""Going on with an unfinished grid."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from scielab.metrics import mesh
from scielab.model_grid import checkpoint
from scielab.model_grid.evaluate import Result, evaluate
from scielab.model_grid.pictures import Picture


def measured(models: dict, limits: mesh.Limits | None = None) -> Callable[[Picture], Iterable[Result]]:
    return lambda picture: evaluate(models, [picture], limits=limits)


def same(one: Result, other: Result) -> bool:
    arrays = zip(*((r.output, r.delta_e, r.powers) for r in (one, other)), strict=True)
    return one.without_pictures() == other.without_pictures() and all(
        (a is None and b is None) or np.array_equal(a, b) for a, b in arrays
    )


def test_what_is_stored_comes_back_to_the_last_bit(results, tmp_path):
    store = checkpoint.Store.open(tmp_path, {"a": 1})
    one = [r for r in results if r.picture == results[0].picture]
    store.save(0, one)
    store.save(1, [r.without_pictures() for r in one])
    assert all(map(same, store.load(0, pictures=True), one))
    assert all(map(same, store.load(1, pictures=False), [r.without_pictures() for r in one]))
    assert store.load(1, pictures=True) is None and store.load(2, pictures=False) is None


def test_what_was_measured_before_is_not_measured_again(pictures, models, results, limits, tmp_path):
    store = checkpoint.Store.open(tmp_path, {})
    asked = []

    def counted(picture):
        asked.append(1)
        if len(asked) > 2:  # both settings of the first picture are through
            raise KeyboardInterrupt
        return models["deblur"](picture)

    shown = frozenset([pictures[1].name])
    with pytest.raises(KeyboardInterrupt):
        checkpoint.resume(store, pictures, measured(models | {"deblur": counted}, limits), shown=shown)
    assert store.has(0, pictures=False) and not store.has(1, pictures=True)
    steps = []
    found = checkpoint.resume(store, pictures, measured(models, limits), shown=shown, step=lambda: steps.append(1))
    assert len(steps) == 6  # three rows on both settings of the second picture
    known = [r if r.picture == pictures[1].name else r.without_pictures() for r in results]
    assert all(map(same, found, known)) and len(found) == len(known)

    never = dict.fromkeys(models, lambda _: pytest.fail("measured again"))
    assert all(map(same, checkpoint.resume(store, pictures, measured(never, limits), shown=shown), found))
    first = next(store.folder.glob("000000*"))
    first.write_bytes(first.read_bytes()[:100])  # as a failing power supply may leave it
    assert all(map(same, checkpoint.resume(store, pictures, measured(models, limits), shown=shown), found))


def test_other_inputs_find_nothing(pictures, models, tmp_path):
    store = checkpoint.Store.open(tmp_path, {"models": "a"})
    assert checkpoint.Store.open(tmp_path, {"models": "a"}) == store != checkpoint.Store.open(tmp_path, {"models": "b"})
    store.save(0, list(measured(models)(pictures[0])))
    assert checkpoint.any_in(tmp_path) and store.begun
    other = checkpoint.Store.open(tmp_path, {"models": "b"})
    assert not other.begun and other.remove_others() and not other.remove_others()
    assert not checkpoint.any_in(tmp_path)


def test_the_hash_of_a_picture_is_of_all_its_pixels(pictures):
    changed = pictures[0].inputs["f22"].copy()
    changed[3, 4, 1] ^= 1
    other = Picture(name="x", reference=pictures[0].reference, inputs=pictures[0].inputs | {"f22": changed})
    digests = [checkpoint.picture_sha256(picture) for picture in (pictures[0], pictures[1], other)]
    assert len(set(digests)) == 3


def test_without_a_store_everything_is_measured(pictures, models, results, limits):
    found = checkpoint.resume(None, pictures, measured(models, limits), shown=frozenset(p.name for p in pictures))
    assert all(map(same, found, results)) and len(found) == len(results)


@pytest.mark.parametrize(
    "change",
    [
        *(
            {name: None}
            for name in ("numbers", "metrics", "model", "setting", "picture", "powers", "output", "delta_e")
        ),
        {"numbers": np.zeros(3)},
        {"numbers": np.array(["a"])},
        {"metrics": np.array(["psnr_db"])},
        {"model": np.array(["one"])},
        {"model": np.zeros(6)},
        {"powers": np.zeros((1, 3, 10, 5))},
        {"output": np.zeros((6, 64, 64, 3))},
        {"output": np.zeros((6, 1, 1, 3), np.uint8)},
        {"delta_e": np.zeros(0)},
    ],
    ids=lambda change: " ".join(f"{name} {getattr(value, 'shape', 'missing')}" for name, value in change.items()),
)
def test_what_another_hand_has_changed_is_measured_again(results, tmp_path, change):
    store = checkpoint.Store.open(tmp_path, {})
    store.save(0, [r for r in results if r.picture == results[0].picture])
    assert store.load(0, pictures=True)
    (path,) = store.folder.iterdir()
    with np.load(path) as archive:
        arrays = dict(archive) | change
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    assert store.load(0, pictures=True) is None


def test_bytes_of_any_kind_are_measured_again(results, tmp_path):
    store = checkpoint.Store.open(tmp_path, {})
    store.save(0, [r.without_pictures() for r in results if r.picture == results[0].picture])
    (path,) = store.folder.iterdir()
    whole, draw = path.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in draw.integers(0, len(whole), 8):
            damaged[place] = draw.integers(256)
        path.write_bytes(damaged)
        assert store.load(0, pictures=False) in (None, store.load(0, pictures=False))  # no error
