"""TensorFlow and JAX take the same steps."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

keras = pytest.importorskip("keras")

from enhance.losses.adversarial import Adversarial
from enhance.networks import keras_file
from enhance.training import build, optimizer, run_folder
from enhance.training.step import Trainer

BACKEND = keras.backend.backend()
STAGES = (
    {"name": "pixel", "steps": 10, "warmup_steps": 0, "losses": {"l1": 1.0}},
    {"name": "gan", "steps": 10, "learning_rate": 1e-4, "losses": {"l1": 1.0, "adversarial": 0.01}},
)


def losses_of_steps(folder, configuration, source) -> list[dict[str, float]]:
    """What ten adversarial steps give, one by one, from the weights in a folder."""
    generator = keras_file.load(Path(folder) / "g.keras")
    critic = keras.saving.load_model(Path(folder) / "c.keras", compile=False)
    stage = configuration.stages[1]
    trainer = Trainer(
        generator,
        critic,
        content=build.content_losses(stage, configuration),
        weights=stage.losses,
        adversarial=Adversarial(),
    )
    adam = optimizer.build(stage, configuration, generator_count=len(generator.trainable_variables))
    trainer.compile(optimizer=adam, jit_compile=build.compiled("auto"))
    source.hold_out(1)
    rows = []
    for _, (x, y) in zip(range(10), source.batches(0, size=4, seed=0), strict=False):
        history = trainer.fit(x, y, batch_size=4, shuffle=False, verbose=0).history
        rows.append({name: float(values[0]) for name, values in history.items()})
    return rows


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow" or not importlib.util.find_spec("jax"), reason="needs TensorFlow and JAX")
def test_tensorflow_and_jax_agree(tmp_path, configure, training_pictures):
    """From the same weights: step 1 to 1e-5, ten steps of the pixel loss to 1e-4 and the critic's to 1e-2."""
    keras.utils.set_random_seed(0)
    configuration = configure(*STAGES)
    run_folder.save_generator(build.generator(configuration, "float32"), tmp_path / "g.keras")
    build.critic(configuration, "float32").save(tmp_path / "c.keras")
    code = (
        "import conftest, json, sys, test_backends as t; "
        "print(json.dumps(t.losses_of_steps(sys.argv[1], conftest.configured(*t.STAGES), conftest.pictures())))"
    )
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[3]), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(paths), "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    on_jax = json.loads(done.stdout.splitlines()[-1])
    on_tf = losses_of_steps(tmp_path, configuration, training_pictures())
    for name, first, later in (("l1", 1e-5, 1e-4), ("critic", 1e-5, 1e-2)):
        tf, jax = ([row[name] for row in rows] for rows in (on_tf, on_jax))
        assert tf[0] == pytest.approx(jax[0], rel=first) and tf == pytest.approx(jax, rel=later)
        assert len(set(tf)) == 10, "every step moved something"
