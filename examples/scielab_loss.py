"""Teach a small network to undo an underexposed camera, with S-CIELAB as the loss.

    python examples/scielab_loss.py

The camera is camsim's setting `underexposed`, which gives dark, warm pictures of the built-in photographs. The
network is three convolutions whose output is not bounded; what it is told to get right is what the eye sees of
the difference at 33 pixels per degree. Photographs to test it on are others than those it learns from.
"""

import argparse
import dataclasses

import keras
import numpy as np

from camsim import camera_file
from camsim.dataset import photographs
from camsim.dataset.pairs import render_pairs
from scielab import SCIELABLoss

CROP = 64


def pictures(split: str, cuts: int) -> tuple[np.ndarray, np.ndarray]:
    """What the camera made of scenes, and the scenes, both (N, 128, 128, 3) in [0, 1]."""
    sources = [dataclasses.replace(photo, cuts=cuts) for photo in photographs.open_sources(["builtin"], split=split)]
    pairs = list(render_pairs(sources, {"underexposed": camera_file.load("underexposed")}, scale=1))
    seen = np.stack([pair.lr["underexposed"] for pair in pairs])
    meant = np.stack([pair.hr for pair in pairs])
    return seen.astype("float32") / 255, meant.astype("float32") / 255


def crops(seen: np.ndarray, meant: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`count` random windows of CROP pixels, the same of both."""
    which = rng.integers(len(seen), size=count)
    tops, lefts = rng.integers(seen.shape[1] - CROP + 1, size=(2, count))
    windows = [np.s_[i, top : top + CROP, left : left + CROP] for i, top, left in zip(which, tops, lefts, strict=True)]
    return np.stack([seen[w] for w in windows]), np.stack([meant[w] for w in windows])


def network() -> keras.Model:
    """Adds to a picture of any size what three convolutions make of it; at first nothing."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros")(x)
    return keras.Model(inputs, keras.layers.Add()([inputs, x]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--cuts", type=int, default=3, help="scenes cut from every photograph")
    parser.add_argument("--crops", type=int, default=320, help="windows to learn from")
    arguments = parser.parse_args()

    keras.utils.set_random_seed(0)
    training = crops(*pictures("train", arguments.cuts), arguments.crops, np.random.default_rng(0))
    unseen = pictures("test", arguments.cuts)

    model = network()
    model.compile(keras.optimizers.Adam(4e-3), loss=SCIELABLoss(samples_per_degree=33))
    print(f"untouched          unseen photographs ΔE {model.evaluate(*unseen, verbose=0):5.2f}")

    def report(epoch, logs):
        print(
            f"epoch {epoch + 1:2d}  ΔE {logs['loss']:5.2f}  unseen photographs ΔE {logs['val_loss']:5.2f}", flush=True
        )

    told = keras.callbacks.LambdaCallback(on_epoch_end=report)
    model.fit(*training, batch_size=8, epochs=arguments.epochs, validation_data=unseen, verbose=0, callbacks=[told])


if __name__ == "__main__":
    main()
