"""TensorFlow and JAX take the same steps."""

import json
import os
import subprocess
import sys

import pytest

keras = pytest.importorskip("keras")

from enhance.training import build, run_folder

BACKENDS = """
import sys, json, numpy as np, keras
sys.path.insert(0, sys.argv[3])
from conftest import GAN, PIXEL, configured, pictures
from enhance.losses.adversarial import Adversarial
from enhance.networks import keras_file
from enhance.training import build, optimizer
from enhance.training.step import Trainer
configuration = configured(PIXEL | {"steps": 10, "warmup_steps": 0}, GAN | {"steps": 10})
generator, critic = keras_file.load(sys.argv[1]), keras.saving.load_model(sys.argv[2], compile=False)
stage = configuration.stages[1]
trainer = Trainer(generator, critic, content=build.content_losses(stage, configuration), weights=stage.losses,
                  adversarial=Adversarial())
adam = optimizer.build(stage, configuration, generator_count=len(generator.trainable_variables))
trainer.compile(optimizer=adam, jit_compile=build.compiled("auto"))
source = pictures()
source.hold_out(1)
rows = []
for _, (x, y) in zip(range(10), source.batches(0, size=4, seed=0)):
    rows.append({k: v[0] for k, v in trainer.fit(x, y, batch_size=4, shuffle=False, verbose=0).history.items()})
print("ROWS" + json.dumps(rows))
"""


@pytest.mark.slow
def test_tensorflow_and_jax_agree(tmp_path, configure):
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
