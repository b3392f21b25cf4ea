"""Runs: what they leave, that they go on to the same bits, the way back from a loss that is no number."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("keras")

from camsim.io import image
from enhance import config
from enhance.training import build, engine, run_folder, validation

PIXEL = {"name": "pixel", "steps": 6, "losses": {"l1": 1.0}}
GAN = {"name": "gan", "steps": 4, "learning_rate": 1e-4, "losses": {"l1": 1.0, "adversarial": 0.01}}


def checkpoint_arrays(folder):
    with np.load(run_folder.checkpoints(folder)[-1]) as archive:
        return {name: archive[name] for name in archive if name != "progress/seconds"}


@pytest.mark.slow
def test_a_run_leaves_what_it_promises(tmp_path, configure, start, log_rows):
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
    assert all(float(row["val_mesh"]) > 0 and float(row["val_hatch"]) > 0 for row in rows)
    assert {"val_mesh", "val_hatch"} < set(card["validation"])
    for row in rows[3:]:
        assert 0 < float(row["d_real"]) < 1 and 0 < float(row["d_fake"]) < 1 and row["critic"]
        weighted = float(row["l1"]) + 0.01 * float(row["adversarial"]) + float(row["critic"])
        assert float(row["loss"]) == pytest.approx(weighted, rel=1e-3)
    assert run_folder.read_config(tmp_path) == (configuration, "fingerprint")


@pytest.mark.slow
def test_a_run_done_again_from_its_own_configuration_is_the_same(tmp_path, configure, start):
    card = start(tmp_path / "a", configure())
    again = start(tmp_path / "b", config.load(tmp_path / "a"))
    assert {k: v for k, v in card.items() if k != "minutes"} == {k: v for k, v in again.items() if k != "minutes"}
    a, b = checkpoint_arrays(tmp_path / "a"), checkpoint_arrays(tmp_path / "b")
    assert set(a) == set(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)


class Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def whole(tmp_path_factory, configure, start, weights):
    """A run that was never stopped, and its configuration."""
    noisy = {"kind": "wasserstein", "gradient_penalty": 10.0}  # its random points must be resumed, too
    windows = {"losses": {"l1": 1.0, "vgg22": 0.1}, "perceptual_window_px": 8}  # and the places of its windows
    stages = PIXEL | windows, GAN | {"adversarial": noisy, "best": "psnr_db"}
    configuration = configure(*stages, weights=str(weights))
    folder = tmp_path_factory.mktemp("whole")
    start(folder, configuration)
    return folder, configuration


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 3, 6, 7, 9])
def test_a_stopped_run_goes_on_to_the_same_bits(tmp_path, at, whole, start, log_rows, training_pictures):
    folder, configuration = whole
    count = 0

    def report(steps, _):
        nonlocal count
        count += steps
        if count == at:
            raise Stopped

    with pytest.raises(Stopped):
        start(tmp_path / "cut", configuration, report=report)
    engine.run(tmp_path / "cut", configuration, training_pictures())
    a, b = checkpoint_arrays(folder), checkpoint_arrays(tmp_path / "cut")
    assert set(a) == set(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)
    timeless = [
        [{k: v for k, v in row.items() if k != "images_per_s"} for row in log_rows(place)]
        for place in (folder, tmp_path / "cut")
    ]
    assert timeless[0] == timeless[1]


@pytest.mark.slow
def test_the_next_stage_starts_from_what_the_one_before_ships(tmp_path, configure, start):
    still = GAN | {"learning_rate": 1e-12}
    start(tmp_path, configure(PIXEL, still))
    first, last = (build.keras_file.load(tmp_path / f"{name}.keras").get_weights() for name in ("pixel", "gan"))
    assert all(np.allclose(a, b, atol=1e-7) for a, b in zip(first, last, strict=True))


@pytest.mark.slow
def test_a_loss_that_is_no_number_goes_back_and_gives_up_in_the_end(tmp_path, configure, start, log_rows):
    said = []
    configuration = configure(PIXEL | {"steps": 2}, GAN | {"losses": {"l1": 1e39, "adversarial": 1.0}}, rollbacks=2)
    with pytest.raises(ValueError, match="no longer finite at step 4, after 2 returns"):
        start(tmp_path, configuration, say=said.append)
    assert len(said) == 2 and all("back to step 2" in text for text in said)
    assert not (tmp_path / "generator.keras").exists()
    assert [int(row["step"]) for row in log_rows(tmp_path)] == [2]


@pytest.mark.slow
def test_after_going_back_the_rate_is_half(tmp_path, monkeypatch, configure, start, log_rows):
    real, calls = engine._Training._train_block, []

    def block(self, *arguments):
        row = real(self, *arguments)
        calls.append(row["step"])
        return row | {"loss": math.nan} if calls.count(4) == 1 and row["step"] == 4 else row

    monkeypatch.setattr(engine._Training, "_train_block", block)
    stage = PIXEL | {"schedule": "constant", "learning_rate": 1e-3}
    card = start(tmp_path, configure(stage))
    assert calls == [2, 4, 4, 6] and card["rollbacks"] == 1
    assert [float(row["learning_rate"]) for row in log_rows(tmp_path)] == [1e-3, 5e-4, 5e-4]


@pytest.mark.slow
@pytest.mark.parametrize("network", ["generator", "critic"])
def test_weights_that_are_no_numbers_are_never_kept(tmp_path, monkeypatch, network, configure, start):
    """The loss of a step is that of the weights before it, and a critic is not validated."""
    real, spoilt = engine._Training._train_block, []

    def block(self, stage, trainer, batches):
        row = real(self, stage, trainer, batches)
        if row["step"] == 8 and not spoilt:
            spoilt.append(True)
            variable = getattr(self, network).trainable_variables[0]
            variable.assign(np.full(variable.shape, np.nan))
        return row

    monkeypatch.setattr(engine._Training, "_train_block", block)
    said = []
    card = start(tmp_path, configure(validation=0), say=said.append)
    assert card["rollbacks"] == 1 and "step 8: " in said[0] and "back to step 6" in said[0]
    assert all(np.isfinite(values).all() for name, values in checkpoint_arrays(tmp_path).items() if "best" not in name)


def test_the_best_of_nothing_is_refused(configure):
    with pytest.raises(ValueError, match=r"pixel\.best = 'ssim': no picture is held out"):
        engine.check_held_out(configure(PIXEL | {"best": "ssim"}), 0)


@pytest.mark.slow
def test_the_best_weights_ship_and_an_idle_stage_ends(tmp_path, monkeypatch, configure, start, log_rows):
    values = iter([10.0, 12.0, 11.0, 11.5, 9.0])
    monkeypatch.setattr(validation, "scores", lambda *_: {"psnr_db": next(values), "ssim": 0.5, "delta_e": 1.0})
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
    seen, real = [0], engine._Training._validate

    def validated(self):
        if self.state.step == wanted:
            run_folder.save_generator(self.shipped, folder / "kept.keras")
        return real(self)

    engine._Training._validate = validated

    def report(steps, _):
        seen[0] += steps
        if seen[0] == 20:
            engine._Training._validate = real

    return report


def test_a_critic_that_is_always_right_is_reported_once():
    said = []
    run = SimpleNamespace(_critic_wins=0, say=said.append)
    for step in range(6):
        engine._Training._watch_critic(run, {"step": step, "d_real": 0.99, "d_fake": 0.01})
    assert len(said) == 1 and "critic is always right" in said[0]
    engine._Training._watch_critic(run, {"step": 7, "d_real": 0.6, "d_fake": 0.4})
    assert run._critic_wins == 0


@pytest.mark.slow
def test_red_stays_red_through_training_and_saving(tmp_path, configure, training_pictures):
    """Red pictures in, red pictures out: no step of the way swaps channels."""
    red = np.zeros((6, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    configuration = configure(PIXEL | {"steps": 20})
    run_folder.prepare(tmp_path, configuration, "", "")
    engine.run(tmp_path, configuration, training_pictures(red[:, ::4, ::4], red))
    from enhance import naming
    from enhance.inference.run import open_enlarger

    output = open_enlarger(naming.open_model(tmp_path)).enlarge(red[0, ::4, ::4] / 255.0)
    np.testing.assert_allclose(output, np.broadcast_to([200 / 255, 0, 0], output.shape), atol=0.1)
    assert image.read(max((tmp_path / "previews").glob("*.png")))[0, 0].argmax() == 0


@pytest.mark.slow
def test_bfloat16_ships_float32(tmp_path, configure, start):
    card = start(tmp_path, configure(PIXEL | {"steps": 2}, precision="bfloat16"))
    assert card["precision"] == "bfloat16"
    model = build.keras_file.load(tmp_path / "generator.keras")
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}
