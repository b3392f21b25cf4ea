"""Training in two stages: pixel loss first, then adversarial and content loss."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import ops

import camsim
from camsim import files, image
from enhance import data, losses, models, runs, zoo


class Trainer(keras.Model):
    """A generator, with or without a critic, as one model that the stock `fit` trains.

    Only `compute_loss` is ours, so one code trains on every Keras backend. One optimizer serves both networks:
    the critic's weights are held constant where the generator's adversarial loss is computed, and the generator's
    output is held constant where the critic's is.
    """

    def __init__(self, generator, critic=None, *, extractor=None, content_weight=1.0, adversarial_weight=0.0):
        super().__init__()
        self.generator, self.critic = generator, critic
        self._untracked = {"extractor": extractor}  # a dict of its own: its frozen weights are not ours to save
        self.content_weight, self.adversarial_weight = content_weight, adversarial_weight
        terms = ["pixel", *(["content"] if extractor else []), *(["adversarial", "critic"] if critic else [])]
        self.terms = {name: keras.metrics.Mean(name=name) for name in terms}

    def call(self, lr, training=False):
        return self.generator(ops.cast(lr, "float32") / 255.0, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        hr, sr = ops.cast(y, "float32") / 255.0, ops.cast(y_pred, "float32")
        terms = {"pixel": losses.pixel(hr, sr)}
        if (extractor := self._untracked["extractor"]) is not None:
            terms["content"] = losses.perceptual(extractor, hr, sr)
            total = self.content_weight * terms["content"]
        else:
            total = self.content_weight * terms["pixel"]
        if self.critic is not None:
            held = [(v, ops.stop_gradient(v.value)) for v in self.critic.variables]
            with keras.StatelessScope(state_mapping=held):
                terms["adversarial"] = losses.adversarial(self.critic(sr, training=training))
            judged = ops.concatenate([hr, ops.stop_gradient(sr)], axis=0)
            real, fake = ops.split(self.critic(judged, training=training), 2, axis=0)
            terms["critic"] = losses.critic(real, fake)
            total = total + self.adversarial_weight * terms["adversarial"] + terms["critic"]
        for name, value in terms.items():
            self.terms[name].update_state(value)
        return total


def run(folder: Path, config: runs.Config, pairs: data.PairSet, report: Callable[[int, dict], None]) -> dict:
    """Train, or go on training, in `folder`; returns the card of the finished run.

    `report(steps, losses)` is called after every batch. Raises ValueError where the critic needs another
    picture size, VGG weights are missing, or the loss is no longer finite.
    """
    keras.utils.set_random_seed(config.seed)
    keras.config.set_floatx("float32")
    training, held_out = data.hold_out(pairs, config.validation)
    generator = models.GENERATORS[config.generator](scale=pairs.scale, blocks=config.blocks, filters=config.filters)
    critic = models.CRITICS[config.critic](side=pairs.hr.shape[1]) if config.gan_steps else None
    features = extractor(config)

    step = runs.restore(folder, generator, critic)
    log = runs.Log(folder / runs.LOG, step)
    for stage, end in (("pretrain", config.steps), ("gan", config.total_steps)):
        if step >= end:
            continue
        trainer = _trainer(stage, config, generator, critic, features)
        runs.restore_optimizer(folder, trainer, stage)
        while step < end:
            count = min(*(every - step % every for every in (config.log_every, config.checkpoint_every)), end - step)
            row = _fit(trainer, training, config, step, count, report)
            step += count
            if not math.isfinite(row["loss"]):
                raise _Diverged(folder, step)
            row |= {"step": step, "stage": stage}
            if step % config.checkpoint_every == 0 or step == end:
                row["val_psnr_db"] = _preview(folder, generator, held_out, step)
                log.add(row)
                if step == end and stage == "pretrain":
                    runs.save_generator(generator, folder / runs.PRETRAINED)
                runs.save_checkpoint(folder, step, stage, generator, critic, trainer)
            else:
                log.add(row)
    runs.save_generator(generator, folder / zoo.GENERATOR)
    card = {
        "task": config.task,
        "setting": config.setting,
        "scale": pairs.scale,
        "generator": config.generator,
        "parameters": int(generator.count_params()),
        "steps": config.steps,
        "gan_steps": config.gan_steps,
        "data": pairs.source,
        "pairs": len(training),
        "source_sha256": list(pairs.photographs),
        "val_psnr_db": log.last_validation(),
        "seed": config.seed,
        "version": camsim.__version__,
        "finished": True,
    }
    files.write_text(folder / zoo.CARD, json.dumps(card, indent=1))
    return card


def extractor(config: runs.Config) -> keras.Model | None:
    """The network whose features are the content loss of the second stage; None for a pixel loss.

    Raises ValueError for an unknown layer or where its weights are missing.
    """
    if not config.gan_steps or config.content == "pixel":
        return None
    return losses.vgg_extractor(config.content, config.vgg_weights or None)


class _Diverged(ValueError):
    def __init__(self, folder: Path, step: int):
        super().__init__(f"the loss is no longer finite at step {step}; --resume {runs.progress_words(folder)}")


def _trainer(stage: str, config: runs.Config, generator, critic, features) -> Trainer:
    adversarial = stage == "gan"
    if adversarial:
        trainer = Trainer(
            generator,
            critic,
            extractor=features,
            content_weight=config.content_weight,
            adversarial_weight=config.adversarial_weight,
        )
    else:
        trainer = Trainer(generator)
    rate = config.gan_learning_rate if adversarial else config.learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(
        rate, config.gan_steps if adversarial else config.steps, alpha=0.01
    )
    # XLA is slower than TensorFlow's own kernels on a CPU; JAX always compiles.
    jit = keras.backend.backend() == "jax"
    trainer.compile(optimizer=keras.optimizers.Adam(schedule, beta_1=0.9, beta_2=0.99), jit_compile=jit)
    trainer.build((None, None, None, 3))
    trainer.optimizer.build(trainer.trainable_variables)
    return trainer


class _Report(keras.callbacks.Callback):
    def __init__(self, report):
        super().__init__()
        self._report = report

    def on_train_batch_end(self, batch, logs=None):
        self._report(1, logs or {})


def _fit(trainer: Trainer, pairs: data.PairSet, config: runs.Config, step: int, count: int, report) -> dict:
    def batches():
        for number in range(step, step + count):
            yield data.batch(pairs, number, size=config.batch, seed=config.seed)

    start = time.perf_counter()
    history = trainer.fit(
        batches(), steps_per_epoch=count, epochs=1, verbose=0, shuffle=False, callbacks=[_Report(report)]
    )
    row = {name: values[0] for name, values in history.history.items()}
    return row | {"images_per_s": count * config.batch / (time.perf_counter() - start)}


def _preview(folder: Path, generator, held_out: data.PairSet, step: int) -> float | str:
    """Write a picture of the first held-out pairs; returns the PSNR over all of them in dB."""
    if not len(held_out):
        return ""
    lr = held_out.lr.astype("float32") / 255.0
    sr = np.clip(ops.convert_to_numpy(generator(lr, training=False)), 0.0, 1.0)
    if not np.isfinite(sr).all():
        raise _Diverged(folder, step)
    hr = held_out.hr / 255.0
    rows = []
    for low, output, target in list(zip(lr, sr, hr, strict=True))[:6]:
        nearest = np.repeat(np.repeat(low, held_out.scale, 0), held_out.scale, 1)
        rows.append(np.concatenate([nearest, image.resize(low, target.shape[:2]), output, target], axis=1))
    image.write(folder / "previews" / f"step_{step:06d}.png", np.concatenate(rows))
    return float(-10 * np.log10(np.mean((sr - hr) ** 2, axis=(1, 2, 3))).mean())
