"""Generators, critics, losses, data order and training."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from enhance import apply, data, models, runs, train


def make_pairs(count=6, side=32, scale=4, seed=0):
    from camsim import image

    rng = np.random.default_rng(seed)
    hr = [image.resize(rng.random((6, 6, 3)), (side, side)) for _ in range(count)]
    lr = [image.resize(picture, (side // scale, side // scale)) for picture in hr]
    return data.PairSet(
        source="test",
        photographs=("0" * 64,),
        names=[f"{i}" for i in range(count)],
        lr=np.stack([image.quantise(p) for p in lr]),
        hr=np.stack([image.quantise(p) for p in hr]),
    )


def configure(**fields):
    small = {"blocks": 2, "filters": 8, "batch": 4, "steps": 6, "gan_steps": 4, "validation": 1}
    return runs.Config(task="deblur", setting="f22", **(small | {"log_every": 2, "checkpoint_every": 2} | fields))


# --- models -------------------------------------------------------------------------------------------------------


def test_pixel_shuffle_puts_channel_blocks_where_they_belong():
    x = np.arange(2 * 3 * 5 * 12, dtype="float32").reshape(2, 3, 5, 12)
    y = np.asarray(models.PixelShuffle(2)(x))
    assert y.shape == (2, 6, 10, 3)
    for i, j in np.ndindex(2, 2):
        np.testing.assert_array_equal(y[:, i::2, j::2], x[..., (2 * i + j) * 3 : (2 * i + j) * 3 + 3])


@pytest.mark.parametrize("name", models.GENERATORS)
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_generators_take_any_size_and_scale(name, scale):
    generator = models.GENERATORS[name](scale=scale, blocks=1, filters=8)
    for rows, columns in ((8, 8), (5, 11)):
        assert generator(np.zeros((1, rows, columns, 3), "float32")).shape == (1, rows * scale, columns * scale, 3)
    assert apply.scale_of(generator) == scale


def test_sizes_are_those_of_the_literature():
    assert models.light().count_params() == pytest.approx(172_000, rel=0.02)
    assert models.srresnet().count_params() == pytest.approx(1.55e6, rel=0.01)
    assert models.srgan_critic().count_params() == pytest.approx(38.2e6, rel=0.01)


def test_the_untrained_light_generator_is_bilinear_enlargement():
    from skimage.transform import resize

    lr = np.random.default_rng(0).random((7, 9, 3)).astype("float32")
    output = np.asarray(models.light()(lr[None]))[0]
    np.testing.assert_allclose(output, resize(lr, (28, 36), order=1, mode="edge", anti_aliasing=False), atol=1e-5)


@pytest.mark.parametrize("name", models.GENERATORS)
def test_generators_save_and_load_equal(name, tmp_path):
    generator = models.GENERATORS[name](blocks=1, filters=8)
    for variable in generator.trainable_variables:
        variable.assign(np.random.default_rng(0).normal(0, 0.1, variable.shape))
    runs.save_generator(generator, tmp_path / "g.keras")
    lr = np.random.default_rng(1).random((1, 6, 6, 3)).astype("float32")
    np.testing.assert_array_equal(generator(lr), apply.load(tmp_path / "g.keras")(lr))


@pytest.mark.parametrize("damage", ["missing", "empty", "text"])
def test_a_damaged_model_is_named(damage, tmp_path):
    path = tmp_path / "g.keras"
    if damage != "missing":
        path.write_text("" if damage == "empty" else "no model")
    with pytest.raises(ValueError, match=r"g\.keras"):
        apply.load(path)


# --- training -----------------------------------------------------------------------------------------------------


def step_once(**weights):
    """One GAN step from fixed starting weights; returns the generator's and the critic's weights before and after."""
    keras.utils.set_random_seed(0)
    generator, critic = models.light(blocks=1, filters=8), models.patch_critic(filters=4)
    trainer = train.Trainer(generator, critic, **weights)
    trainer.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
    pairs = make_pairs(4)
    before = [[np.array(v) for v in m.trainable_variables] for m in (generator, critic)]
    trainer.fit(pairs.lr, pairs.hr, batch_size=4, epochs=1, verbose=0)
    after = [[np.array(v) for v in m.trainable_variables] for m in (generator, critic)]
    return before, after


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_each_network_learns_from_its_own_loss_alone():
    before, after = step_once(content_weight=0.0, adversarial_weight=0.0)
    assert same(before[0], after[0]) and not same(before[1], after[1])  # the critic's loss leaves the generator be
    _, pushed = step_once(content_weight=0.0, adversarial_weight=10.0)
    assert not same(before[0], pushed[0]) and same(after[1], pushed[1])  # and the other way round


@pytest.mark.slow
@pytest.mark.parametrize(("name", "blocks", "filters"), [("light", 2, 16), ("srresnet", 1, 16)])
def test_a_generator_can_learn_one_batch_by_heart(name, blocks, filters):
    keras.utils.set_random_seed(0)
    pairs = make_pairs(4)
    trainer = train.Trainer(models.GENERATORS[name](blocks=blocks, filters=filters))
    trainer.compile(optimizer=keras.optimizers.Adam(3e-3), jit_compile=False)
    history = trainer.fit(pairs.lr, pairs.hr, batch_size=4, epochs=200, verbose=0).history["pixel"]
    assert history[-1] < 0.25 * history[0] and history[-1] < 0.03


@pytest.mark.slow
def test_a_run_leaves_what_it_promises(tmp_path):
    import csv
    import json

    pairs, config = make_pairs(), configure()
    runs.prepare(tmp_path, config, "", pairs)
    card = train.run(tmp_path, config, pairs, lambda steps, losses: None)
    for name in ("config.toml", "log.csv", "checkpoint.npz", "pretrain.keras", "generator.keras", "run.json"):
        assert (tmp_path / name).stat().st_size > 0
    assert len(list((tmp_path / "previews").glob("*.png"))) == 5
    assert json.loads((tmp_path / "run.json").read_text()) == card and card["finished"] and card["scale"] == 4
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [2, 4, 6, 8, 10]
    assert [row["stage"] for row in rows] == ["pretrain"] * 3 + ["gan"] * 2
    assert all(row["adversarial"] and row["critic"] for row in rows[3:])
    assert runs.read_config(tmp_path) == (config, runs.fingerprint(pairs))


@pytest.mark.slow
def test_the_classic_pair_trains_in_both_stages(tmp_path):
    pairs = make_pairs()
    config = configure(generator="srresnet", critic="srgan", blocks=1, steps=2, gan_steps=2)
    runs.prepare(tmp_path, config, "", pairs)
    assert train.run(tmp_path, config, pairs, lambda steps, losses: None)["generator"] == "srresnet"


@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(tmp_path):
    pairs, config = make_pairs(), configure(steps=2, gan_steps=6, content_weight=1e39)
    runs.prepare(tmp_path, config, "", pairs)
    with pytest.raises(ValueError, match="no longer finite at step 4; --resume goes on from step 2"):
        train.run(tmp_path, config, pairs, lambda steps, losses: None)
    assert not (tmp_path / "generator.keras").exists()


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(ValueError, match=r"checkpoint\.npz: damaged"):
        runs.steps_done(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("generator", "big"),
        ("learning_rate", float("nan")),
        ("content_weight", -1.0),
        ("critic", "x"),
        ("batch", 0),
        ("steps", -1),
        ("checkpoint_every", 0),
    ],
)
def test_impossible_configurations_are_named(field, value):
    with pytest.raises(ValueError, match=field):
        configure(**{field: value})
