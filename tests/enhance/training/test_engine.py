"""The training step and the engine around it."""

import csv
import json
import math
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from camsim.io import image
from camsim.io.resize import resize
from enhance import config
from enhance.data import pair_set
from enhance.losses import content as losses
from enhance.losses.adversarial import Adversarial
from enhance.training import build, engine, optimizer, run_folder
from enhance.training import validation as validate
from enhance.training.step import Trainer


def make_pairs(count=6, side=32, scale=4, seed=0):
    rng = np.random.default_rng(seed)
    hr = [resize(rng.random((6, 6, 3)), (side, side)) for _ in range(count)]
    lr = [resize(picture, (side // scale, side // scale)) for picture in hr]
    return pair_set.PairSet(
        source="test",
        photographs=("0" * 64,),
        names=[f"{i}" for i in range(count)],
        lr=np.stack([image.quantise(p) for p in lr]),
        hr=np.stack([image.quantise(p) for p in hr]),
    )


class Source:
    """Pairs in memory, as the engine asks for them."""

    source, photographs, scale, hr_px = "test", ("0" * 64,), 4, 32

    def __init__(self, pairs=None, held=1):
        self.pairs, self.held = pair_set.hold_out(pairs or make_pairs(), held)

    def __len__(self):
        return len(self.pairs) + len(self.held)

    @property
    def trained_on(self):
        return len(self.pairs)

    def validation(self, count):
        return self.held

    def batches(self, step, *, size, seed):
        while True:
            yield pair_set.batch(self.pairs, step, size=size, seed=seed)
            step += 1


PIXEL = {"name": "pixel", "steps": 6, "losses": {"l1": 1.0}}
GAN = {"name": "gan", "steps": 4, "learning_rate": 1e-4, "losses": {"l1": 1.0, "adversarial": 0.01}}


def configure(*stages, **values):
    small = {
        "task": "deblur",
        "setting": "f22",
        "generator": {"kind": "light", "blocks": 1, "filters": 8},
        "critic": {"kind": "patch", "filters": 4},
        "batch": 4,
        "precision": "float32",
        "log_every": 2,
        "checkpoint_every": 2,
        "hr_px": 32,
        "scale": 4,
    }
    return config.from_dict(small | {"stage": [dict(stage) for stage in stages or (PIXEL, GAN)]} | values)


def start(folder, configuration, **options):
    run_folder.prepare(folder, configuration, "", "fingerprint")
    return engine.run(folder, configuration, Source(), **options)


def log_rows(folder):
    with open(folder / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


def checkpoint_arrays(folder):
    with np.load(run_folder.checkpoints(folder)[-1]) as archive:
        return {name: archive[name] for name in archive if name != "progress/seconds"}


# --- the step -----------------------------------------------------------------------------------------------------


def step_once(weights, **adversarial):
    """One step from fixed starting weights; the generator's and the critic's weights before and after."""
    keras.utils.set_random_seed(0)
    generator = build.generator(configure(), "float32")
    critic = build.critic(configure(), "float32")
    content = losses.content([name for name in weights if name != "adversarial"])
    trainer = Trainer(generator, critic, content=content, weights=weights, adversarial=Adversarial(**adversarial))
    trainer.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
    pairs = make_pairs(4)
    before = [[np.array(v) for v in m.trainable_variables] for m in (generator, critic)]
    trainer.fit(pairs.lr, pairs.hr, batch_size=4, epochs=1, verbose=0)
    after = [[np.array(v) for v in m.trainable_variables] for m in (generator, critic)]
    return before, after


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.slow
def test_each_network_learns_from_its_own_loss_alone():
    before, after = step_once({"l1": 0.0, "adversarial": 0.0})
    assert same(before[0], after[0]) and not same(before[1], after[1])  # the critic's loss leaves the generator be
    _, pushed = step_once({"l1": 0.0, "adversarial": 10.0})
    assert not same(before[0], pushed[0]) and same(after[1], pushed[1])  # and the other way round


@pytest.mark.slow
def test_a_penalty_moves_the_critic_alone():
    _, plain = step_once({"l1": 0.0, "adversarial": 0.0})
    _, punished = step_once({"l1": 0.0, "adversarial": 0.0}, r1=100.0)
    assert same(plain[0], punished[0]) and not same(plain[1], punished[1])


def test_a_critic_with_batch_norm_judges_made_pictures_alike_in_both_losses():
    """Real pictures in the same batch would give it away by the batch's statistics."""

    class Opinions:
        gradient_penalty = r1 = 0.0

        def critic(self, real, fake, seed=None):
            return keras.ops.mean(fake)

        def generator(self, real, fake):
            return keras.ops.mean(fake)

        def judgement(self, real, fake):
            return keras.ops.mean(real), keras.ops.mean(fake)

    keras.utils.set_random_seed(0)
    configuration = configure(critic={"kind": "patch", "filters": 4, "norm": "batch"})
    critic = build.critic(configuration, "float32")
    content = losses.content(["l1"])
    weights = {"l1": 0.0, "adversarial": 1.0}
    generator = build.generator(configuration, "float32")
    trainer = Trainer(generator, critic, content=content, weights=weights, adversarial=Opinions())
    pairs = make_pairs(4)
    trainer.compute_loss(pairs.lr, pairs.hr, trainer(pairs.lr), training=True)
    found = {name: float(metric.result()) for name, metric in trainer.shown.items()}
    assert found["adversarial"] == pytest.approx(found["d_fake"], rel=1e-5)
    assert found["d_real"] != pytest.approx(found["d_fake"], rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0]),
        ("cosine", [1.0, 0.01 + 0.99 * 0.5, 0.01, 0.01]),
        ("halving", [1.0, 0.125, 0.0625, 0.0625]),
    ],
)
def test_schedules_are_at_their_places(kind, expected):
    schedule = optimizer.Schedule(2.0, kind, 1000)
    rates = [float(schedule(step)) / 2.0 for step in (0, 500, 1000, 2000)]
    np.testing.assert_allclose(rates, expected, rtol=1e-5)
    warm = optimizer.Schedule(2.0, "constant", 1000, warmup_steps=100)
    assert float(warm(0)) == pytest.approx(0.02) and float(warm(99)) == float(warm(500)) == pytest.approx(2.0)


def variables(*values):
    return [keras.Variable(np.array(value, "float32")) for value in values]


def adam(count, **options):
    options = {"generator_count": count, "critic_share": 1.0, "clip_norm": 0.0, "decay": 0.0} | options
    return optimizer.Adam(0.1, **options)


def test_the_critic_has_a_rate_of_its_own():
    owned = variables([0.0], [0.0])
    adam(1, critic_share=0.25).apply([keras.ops.ones(1), keras.ops.ones(1)], owned)
    np.testing.assert_allclose([float(v[0]) for v in owned], [-0.1, -0.025], rtol=1e-4)  # Adam's first step is its rate


def test_each_network_has_its_own_gradient_bound():
    gradients = [np.array([3.0], "float32"), np.array([4.0], "float32"), np.array([0.5], "float32")]
    clipped = optimizer._clipped(gradients[:2], 1.0) + optimizer._clipped(gradients[2:], 1.0)
    np.testing.assert_allclose([float(g[0]) for g in clipped], [0.6, 0.8, 0.5], rtol=1e-6)


def test_the_average_is_that_of_the_weights_and_leaves_them():
    owned, decay, expected = variables([0.0]), 0.5, None
    trained = adam(1, decay=decay)
    for _ in range(5):
        trained.apply([keras.ops.ones(1)], owned)
        value = float(owned[0][0])
        expected = value if expected is None else decay * expected + (1 - decay) * value
    trained.finalize_variable_values(owned)  # what `fit` does at its end
    assert float(owned[0][0]) == value
    trained.write_average(owned)
    assert float(owned[0][0]) == pytest.approx(expected, rel=1e-6)


def test_a_short_stage_averages_over_a_twentieth_of_it():
    stage = config.Stage(steps=100)
    assert optimizer.build(stage, configure(), generator_count=1).ema_momentum == pytest.approx(0.8)
    assert optimizer.build(config.Stage(steps=10**6), configure(), generator_count=1).ema_momentum == 0.999


# --- runs ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_leaves_what_it_promises(tmp_path):
    configuration = configure()
    card = start(tmp_path, configuration)
    for name in ("config.toml", "camera.toml", "log.csv", "pixel.keras", "gan.keras", "generator.keras", "run.json"):
        assert (tmp_path / name).exists(), name
    assert json.loads((tmp_path / "run.json").read_text()) == card
    assert card["finished"] and card["scale"] == 4 and card["steps"] == 10 and card["stages"] == {"pixel": 6, "gan": 4}
    assert len(list((tmp_path / "previews").glob("*.png"))) == 5
    assert [p.name for p in run_folder.checkpoints(tmp_path)] == ["step_000000008.npz", "step_000000010.npz"]
    rows = log_rows(tmp_path)
    assert [int(row["step"]) for row in rows] == [2, 4, 6, 8, 10]
    assert [row["stage"] for row in rows] == ["pixel"] * 3 + ["gan"] * 2
    assert all(row["l1"] and row["val_psnr_db"] and row["val_ssim"] and row["val_delta_e"] for row in rows)
    for row in rows[3:]:
        assert 0 < float(row["d_real"]) < 1 and 0 < float(row["d_fake"]) < 1 and row["critic"]
        weighted = float(row["l1"]) + 0.01 * float(row["adversarial"]) + float(row["critic"])
        assert float(row["loss"]) == pytest.approx(weighted, rel=1e-3)
    assert run_folder.read_config(tmp_path) == (configuration, "fingerprint")
    assert validate.measure(make_pairs().hr, make_pairs().hr)["psnr_db"] == 100


@pytest.mark.slow
def test_a_run_done_again_from_its_own_configuration_is_the_same(tmp_path):
    card = start(tmp_path / "a", configure())
    again = start(tmp_path / "b", config.load(tmp_path / "a"))
    assert {k: v for k, v in card.items() if k != "minutes"} == {k: v for k, v in again.items() if k != "minutes"}
    a, b = checkpoint_arrays(tmp_path / "a"), checkpoint_arrays(tmp_path / "b")
    assert set(a) == set(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)


class Stopped(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 3, 6, 7, 9])
def test_a_stopped_run_goes_on_to_the_same_bits(tmp_path, at):
    noisy = {"kind": "wasserstein", "gradient_penalty": 10.0}  # its random points must be resumed, too
    configuration = configure(PIXEL, GAN | {"adversarial": noisy, "best": "psnr_db"})
    start(tmp_path / "whole", configuration)
    count = 0

    def report(steps, _):
        nonlocal count
        count += steps
        if count == at:
            raise Stopped

    with pytest.raises(Stopped):
        start(tmp_path / "cut", configuration, report=report)
    engine.run(tmp_path / "cut", configuration, Source())
    a, b = checkpoint_arrays(tmp_path / "whole"), checkpoint_arrays(tmp_path / "cut")
    assert set(a) == set(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)
    timeless = [
        [{k: v for k, v in row.items() if k != "images_per_s"} for row in log_rows(tmp_path / name)]
        for name in ("whole", "cut")
    ]
    assert timeless[0] == timeless[1]


@pytest.mark.slow
def test_the_next_stage_starts_from_what_the_one_before_ships(tmp_path):
    still = GAN | {"learning_rate": 1e-12}
    start(tmp_path, configure(PIXEL, still))
    first, last = (build.keras_file.load(tmp_path / f"{name}.keras").get_weights() for name in ("pixel", "gan"))
    assert all(np.allclose(a, b, atol=1e-7) for a, b in zip(first, last, strict=True))


@pytest.mark.slow
def test_a_loss_that_is_no_number_goes_back_and_gives_up_in_the_end(tmp_path):
    said = []
    configuration = configure(PIXEL | {"steps": 2}, GAN | {"losses": {"l1": 1e39, "adversarial": 1.0}}, rollbacks=2)
    with pytest.raises(ValueError, match="no longer finite at step 4, after 2 returns"):
        start(tmp_path, configuration, say=said.append)
    assert len(said) == 2 and all("back to step 2" in text for text in said)
    assert not (tmp_path / "generator.keras").exists()
    assert [int(row["step"]) for row in log_rows(tmp_path)] == [2]


@pytest.mark.slow
def test_after_going_back_the_rate_is_half(tmp_path, monkeypatch):
    real, calls = engine._Run._block, []

    def block(self, *arguments):
        row = real(self, *arguments)
        calls.append(row["step"])
        return row | {"loss": math.nan} if calls.count(4) == 1 and row["step"] == 4 else row

    monkeypatch.setattr(engine._Run, "_block", block)
    stage = PIXEL | {"schedule": "constant", "learning_rate": 1e-3}
    card = start(tmp_path, configure(stage))
    assert calls == [2, 4, 4, 6] and card["rollbacks"] == 1
    assert [float(row["learning_rate"]) for row in log_rows(tmp_path)] == [1e-3, 5e-4, 5e-4]


@pytest.mark.slow
@pytest.mark.parametrize("network", ["generator", "critic"])
def test_weights_that_are_no_numbers_are_never_kept(tmp_path, monkeypatch, network):
    """The loss of a step is that of the weights before it, and a critic is not validated."""
    real, spoilt = engine._Run._block, []

    def block(self, stage, trainer, batches):
        row = real(self, stage, trainer, batches)
        if row["step"] == 8 and not spoilt:
            spoilt.append(True)
            variable = getattr(self, network).trainable_variables[0]
            variable.assign(np.full(variable.shape, np.nan))
        return row

    monkeypatch.setattr(engine._Run, "_block", block)
    said = []
    card = start(tmp_path, configure(validation=0), say=said.append)
    assert card["rollbacks"] == 1 and "step 8: " in said[0] and "back to step 6" in said[0]
    assert all(np.isfinite(values).all() for name, values in checkpoint_arrays(tmp_path).items() if "best" not in name)


def test_the_best_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="pixel.best = 'ssim': no picture is held out"):
        engine.check_held_out(configure(PIXEL | {"best": "ssim"}), 0)


@pytest.mark.slow
def test_the_best_weights_ship_and_an_idle_stage_ends(tmp_path, monkeypatch):
    values = iter([10.0, 12.0, 11.0, 11.5, 9.0])
    monkeypatch.setattr(validate, "measure", lambda *_: {"psnr_db": next(values), "ssim": 0.5, "delta_e": 1.0})
    card = start(tmp_path, configure(PIXEL | {"steps": 20, "best": "psnr_db", "patience": 2}))
    assert card["stages"] == {"pixel": 8} and card["validation"]["val_psnr_db"] == 12
    assert card["steps"] == 8  # two validations after the best one, at step 4
    assert [row["val_psnr_db"] for row in log_rows(tmp_path)] == ["10", "12", "11", "11.5"]
    monkeypatch.undo()
    shorter = tmp_path / "shorter"
    start(shorter, configure(PIXEL | {"steps": 20}), report=_stop_after(shorter, 4))
    best, at_four = (build.keras_file.load(p).get_weights() for p in (tmp_path / "pixel.keras", shorter / "kept.keras"))
    assert all(np.array_equal(a, b) for a, b in zip(best, at_four, strict=True))


def _stop_after(folder, wanted):
    """A report for `start` that keeps what was shipped after `wanted` steps."""
    seen, real = [0], engine._Run._validate

    def validated(self):
        if self.state.step == wanted:
            run_folder.save_generator(self.shipped, folder / "kept.keras")
        return real(self)

    engine._Run._validate = validated

    def report(steps, _):
        seen[0] += steps
        if seen[0] == 20:
            engine._Run._validate = real

    return report


def test_rows_go_to_tensorboard_where_it_is_installed(tmp_path, monkeypatch):
    written = []

    class Writer:
        def __init__(self, folder):
            written.append(folder)

        def add_scalar(self, name, value, step):
            written.append((name, value, step))

        def flush(self):
            pass

    monkeypatch.setitem(sys.modules, "tensorboard", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "tensorboard.summary", SimpleNamespace(Writer=Writer))
    run_folder.Log(tmp_path, configure(), 0).add({"step": 2, "stage": "pixel", "loss": 0.5, "val_psnr_db": 20.0})
    assert written == [str(tmp_path / "tensorboard"), ("loss", 0.5, 2), ("val_psnr_db", 20.0, 2)]
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)  # not installed
    run_folder.Log(tmp_path, configure(), 0).add({"step": 2, "stage": "pixel", "loss": 0.5})
    assert len(written) == 3 and log_rows(tmp_path)[0]["loss"] == "0.5"


def test_a_critic_that_is_always_right_is_told_once(tmp_path):
    said = []
    run = SimpleNamespace(_sure=0, say=said.append)
    for step in range(6):
        engine._Run._watch_critic(run, {"step": step, "d_real": 0.99, "d_fake": 0.01})
    assert len(said) == 1 and "critic is always right" in said[0]
    engine._Run._watch_critic(run, {"step": 7, "d_real": 0.6, "d_fake": 0.4})
    assert run._sure == 0


@pytest.mark.slow
def test_red_stays_red_through_training_and_saving(tmp_path):
    """Red pictures in, red pictures out: no step of the way swaps channels."""
    red = np.zeros((6, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    pairs = pair_set.PairSet(source="red", photographs=(), names=list("abcdef"), lr=red[:, ::4, ::4], hr=red)
    configuration = configure(PIXEL | {"steps": 20})
    run_folder.prepare(tmp_path, configuration, "", "")
    engine.run(tmp_path, configuration, Source(pairs))
    from enhance.inference import apply

    output = apply.enlarge(apply.load(tmp_path / "generator.keras"), red[0, ::4, ::4] / 255.0)
    np.testing.assert_allclose(output, np.broadcast_to([200 / 255, 0, 0], output.shape), atol=0.1)
    assert image.read(max((tmp_path / "previews").glob("*.png")))[0, 0].argmax() == 0


@pytest.mark.slow
def test_bfloat16_ships_float32(tmp_path):
    card = start(tmp_path, configure(PIXEL | {"steps": 2}, precision="bfloat16"))
    assert card["precision"] == "bfloat16"
    model = build.keras_file.load(tmp_path / "generator.keras")
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = tmp_path / "checkpoints" / "step_000000002.npz"
    path.parent.mkdir()
    path.write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(ValueError, match=r"step_000000002\.npz: damaged"):
        run_folder.progress(tmp_path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"generator": {"kind": "big"}}, "big"),
        ({"generator": {"kind": "light", "bloks": 3}}, "bloks"),
        ({"critic": {"kind": "x"}}, "'x'"),
        ({"needs_init": True}, "--init"),
        ({"stage": [{"losses": {"l3": 1.0}}]}, "l3"),
        ({"stage": [{"losses": {"vgg22": 1.0}}]}, "VGG19"),
        ({"stage": [{"losses": {"adversarial": 1.0}, "adversarial": {"kind": "x"}}]}, "'x'"),
        ({"stage": [{"losses": {"adversarial": 1.0}, "adversarial": {"knd": "hinge"}}]}, "knd"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is_written(values, words, monkeypatch):
    monkeypatch.delenv("CAM2EYE_VGG_WEIGHTS", raising=False)
    with pytest.raises(ValueError, match=words):
        build.check(config.from_dict(config.to_dict(configure()) | values))


@pytest.mark.slow
def test_training_starts_from_a_model_that_is_named(tmp_path):
    start(tmp_path / "first", configure(PIXEL))
    still = configure(PIXEL | {"learning_rate": 1e-12}, init=str(tmp_path / "first"))
    start(tmp_path / "second", still)
    a, b = (build.keras_file.load(tmp_path / n / "generator.keras").get_weights() for n in ("first", "second"))
    assert all(np.allclose(x, y, atol=1e-7) for x, y in zip(a, b, strict=True))
    other = configure(PIXEL, init=str(tmp_path / "first"), generator={"kind": "light", "blocks": 2, "filters": 8})
    with pytest.raises(ValueError, match="other layers"):
        build.check(other)


BACKENDS = """
import sys, json, numpy as np, keras
sys.path.insert(0, sys.argv[3])
from test_engine import *
from enhance.networks import keras_file
configuration = configure(PIXEL | {"steps": 10, "warmup_steps": 0}, GAN | {"steps": 10})
generator, critic = keras_file.load(sys.argv[1]), keras.saving.load_model(sys.argv[2], compile=False)
stage = configuration.stages[1]
trainer = Trainer(generator, critic, content=build.content(stage, configuration), weights=stage.losses,
                  adversarial=Adversarial())
adam = optimizer.build(stage, configuration, generator_count=len(generator.trainable_variables))
trainer.compile(optimizer=adam, jit_compile=build.compiled("auto"))
source = Source()
rows = []
for step in range(10):
    x, y = pair_set.batch(source.pairs, step, size=4, seed=0)
    rows.append({k: v[0] for k, v in trainer.fit(x, y, batch_size=4, shuffle=False, verbose=0).history.items()})
print("ROWS" + json.dumps(rows))
"""


@pytest.mark.slow
def test_tensorflow_and_jax_agree(tmp_path):
    """From the same weights: step 1 to 1e-5, ten steps of the pixel loss to 1e-4 and the critic's to 1e-2."""
    pytest.importorskip("jax", reason="JAX is not installed")
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    keras.utils.set_random_seed(0)
    run_folder.save_generator(build.generator(configure(), "float32"), tmp_path / "g.keras")
    build.critic(configure(), "float32").save(tmp_path / "c.keras")
    found = []
    for backend in ("tensorflow", "jax"):
        done = subprocess.run(
            [sys.executable, "-c", BACKENDS, tmp_path / "g.keras", tmp_path / "c.keras", os.path.dirname(__file__)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"KERAS_BACKEND": backend},
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(json.loads(done.stdout.partition("ROWS")[2]))
    for name, first, later in (("l1", 1e-5, 1e-4), ("critic", 1e-5, 1e-2)):
        tf, jax = ([row[name] for row in rows] for rows in found)
        assert tf[0] == pytest.approx(jax[0], rel=first) and tf == pytest.approx(jax, rel=later)
