"""Training, stage by stage: in blocks, with checkpoints, validation, and a way back when a loss is no number."""

import itertools
import json
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from camsim._version import __version__
from camsim.io import atomic
from enhance import backend, zoo
from enhance import config as configs
from enhance.data import live_camera
from enhance.data.batches import Batch, TrainingPictures
from enhance.inference import likeness
from enhance.networks import keras_file
from enhance.training import build, model_card, optimizer, run_folder, validation
from enhance.training.step import Trainer
from scielab.model_grid.rows import HASH_DIGITS

#: The critic has won where it is right with this probability, of real and of made pictures, in so many rows of the log
#: one after another.
_CRITIC_WINS, _CRITIC_WINS_ROWS = 0.95, 4

Report = Callable[[int, dict[str, float]], object]
Say = Callable[[str], object]


def run(
    folder: Path,
    config: configs.Config,
    pictures: TrainingPictures,
    report: Report = lambda steps, losses: None,
    say: Say = lambda text: None,
) -> dict:
    """Train, or go on training, in `folder`; returns the card of the finished run.

    Parameters
    ----------
    folder : Path
        As `run_folder.prepare` left it, or an earlier call of this function that was stopped.
    config : Config
        Whose scale and target size are those of the pictures.
    pictures : TrainingPictures
        To learn from.
    report : callable
        Called after every batch with the number of steps and the losses by name.
    say : callable
        Called with what a person should know.

    Raises
    ------
    ValueError
        Where the configuration cannot be trained or the loss is never finite.
    """
    return _Training(folder, config, pictures, report, say).finish()


def check_held_out(config: configs.Config, count: int) -> None:
    """ValueError where a stage ships the best validated weights and no picture is held out to validate on."""
    for stage in config.stages:
        if stage.steps and stage.best in configs.METRICS and not count:
            raise ValueError(f"{stage.name}.best = {stage.best!r}: no picture is held out to judge by")


class _Training:
    """The state of a run: networks, progress and log."""

    def __init__(self, folder: Path, config: configs.Config, pictures: TrainingPictures, report: Report, say: Say):
        self.folder, self.config, self.pictures, self.report, self.say = folder, config, pictures, report, say
        self.precision = build.chosen_precision(config.precision)
        keras.utils.set_random_seed(config.seed)
        backend.sum_in_one_order()
        self.held_out = pictures.hold_out(config.validation)
        check_held_out(config, len(self.held_out))
        self.generator = build.generator(config, self.precision)
        self.shipped = build.generator(config, "float32")  # averaged, and always in float32
        if config.init and not run_folder.checkpoints(folder):
            self.generator.set_weights(build.initial_weights(config, self.generator))
        self.critic = build.critic(config, self.precision) if config.uses_critic else None
        self.state = run_folder.Progress()
        if run_folder.checkpoints(folder):
            self.state = run_folder.restore(folder, self._networks())
        else:
            run_folder.save_checkpoint(folder, self.state, self._networks(), keep=config.keep_checkpoints)
        self.log = run_folder.Log(folder, config, self.state.step)
        self._critic_wins = 0  # in so many rows of the log up to now

    def _networks(self) -> dict[str, list]:
        """Variables of the networks, as a checkpoint groups them."""
        critic = {"critic": self.critic.variables} if self.critic else {}
        return {"generator": self.generator.variables} | critic

    def finish(self) -> dict:
        """Train what is left of the stages, and write what the run leaves; returns the card."""
        for index, stage in enumerate(self.config.stages):
            if index == self.state.stage:
                if stage.steps:
                    self._train(stage)
                self.state = replace(self.state, stage=index + 1, done=0, best=math.nan, stale=0)
                if stage.steps:
                    self._save({})
        run_folder.save_generator(self.shipped_last(), self.folder / zoo.GENERATOR)
        card = self._card()
        atomic.write_text(self.folder / run_folder.README, model_card.text(card))
        atomic.write_text(self.folder / zoo.CARD, json.dumps(card, indent=1))
        return card

    def shipped_last(self) -> keras.Model:
        """The generator that the last stage gave, in float32."""
        self.shipped.set_weights(self.generator.get_weights())
        return self.shipped

    def _train(self, stage: configs.Stage) -> None:
        """A stage up to its end, from wherever the last checkpoint is."""
        content = build.content_losses(stage, self.config)
        trainer, batches = self._begin(stage, content)
        try:
            while self.state.done < stage.steps and not self._out_of_patience(stage):
                row = self._train_block(stage, trainer, batches)
                if math.isfinite(row["loss"]) and self._keep(stage, trainer, row):
                    continue
                self._roll_back()
                batches.close()
                trainer, batches = self._begin(stage, content)
        finally:
            batches.close()
        path = self.folder / f"{stage.name}.keras"
        if stage.best not in configs.METRICS:
            run_folder.save_generator(self.shipped, path)
        self.generator.set_weights(keras_file.load(path).get_weights())

    def _begin(self, stage: configs.Stage, content: Callable) -> tuple[Trainer, Generator[Batch]]:
        """A trainer with the state of the last checkpoint, and the batches from there on."""
        trainer = self._trainer(stage, content)
        run_folder.restore(self.folder, self._networks() | _extra(trainer))
        return trainer, self.pictures.batches(self.state.step, size=self.config.batch, seed=self.config.seed)

    def _out_of_patience(self, stage: configs.Stage) -> bool:
        return bool(stage.patience) and self.state.stale >= stage.patience

    def _trainer(self, stage: configs.Stage, content: Callable) -> Trainer:
        config, critic = self.config, self.critic if stage.uses_critic else None
        weights = {name: weight for name, weight in stage.losses.items() if weight > 0}
        trainer = Trainer(
            self.generator,
            critic,
            content=content,
            weights=weights,
            adversarial=build.adversarial_loss(stage),
            seed=config.seed,
        )
        count = len(self.generator.trainable_variables)
        adam = optimizer.build(stage, config, generator_count=count, rate_share=0.5**self.state.rollbacks)
        trainer.compile(optimizer=adam, jit_compile=build.compiled(config.compile))
        trainer.build((None, None, None, 3))
        adam.build(trainer.trainable_variables)
        return trainer

    def _train_block(self, stage: configs.Stage, trainer: Trainer, batches: Iterator[Batch]) -> dict:
        """Train up to the next row of the log, checkpoint or end; returns the row."""
        config, done = self.config, self.state.done
        step = self.state.step
        count = min(
            config.log_every - step % config.log_every,
            config.checkpoint_every - step % config.checkpoint_every,
            stage.steps - done,
        )
        start = time.perf_counter()
        history = trainer.fit(
            (batch for batch in itertools.islice(batches, count)),  # `fit` takes generators, not iterators
            steps_per_epoch=count,
            epochs=1,
            verbose=0,
            shuffle=False,
            callbacks=[_ReportBatches(self.report)],
        )
        seconds = time.perf_counter() - start
        self.state = replace(self.state, step=step + count, done=done + count, seconds=self.state.seconds + seconds)
        row = {name: values[0] for name, values in history.history.items()}
        rate = float(trainer.optimizer.learning_rate)
        return row | {
            "step": self.state.step,
            "stage": stage.name,
            "learning_rate": rate,
            "images_per_s": count * config.batch / seconds,
        }

    def _keep(self, stage: configs.Stage, trainer: Trainer, row: dict) -> bool:
        """Log a row; at a checkpoint validate and save. False where the weights turn out to be no numbers."""
        self._watch_critic(row)
        if self.state.step % self.config.checkpoint_every and self.state.done < stage.steps:
            self.log.add(row)
            return True
        _average(trainer, self.generator, self.shipped)
        if not _finite(self._networks() | _extra(trainer)):
            return False
        try:
            row |= {f"val_{name}": value for name, value in self._validate().items()}
        except FloatingPointError:
            return False
        self._keep_best(stage, row)
        self.log.add(row)
        if self.state.done < stage.steps and not self._out_of_patience(stage):
            self._save(_extra(trainer))
        return True

    def _save(self, extra: dict[str, list]) -> None:
        """Write a checkpoint of the networks and `extra`."""
        run_folder.save_checkpoint(self.folder, self.state, self._networks() | extra, keep=self.config.keep_checkpoints)

    def _validate(self) -> dict[str, float]:
        """Scores of the averaged generator on the held-out pictures, of which a preview is written."""
        if not len(self.held_out):
            return {}
        sr = validation.enlarge(self.shipped, self.held_out.lr)
        path = self.folder / run_folder.PREVIEWS / f"step_{self.state.step:06d}.png"
        validation.write_preview(path, self.held_out.lr, sr, self.held_out.hr)
        return validation.scores(sr, self.held_out.hr, self.config.scale)

    def _keep_best(self, stage: configs.Stage, row: dict) -> None:
        """Save the averaged generator where it is the best of the stage so far."""
        if stage.best not in configs.METRICS:
            return
        value, best = row[f"val_{stage.best}"], self.state.best
        better = math.isnan(best) or (value > best if configs.METRICS[stage.best] else value < best)
        if better:
            run_folder.save_generator(self.shipped, self.folder / f"{stage.name}.keras")
        self.state = replace(self.state, best=value if better else best, stale=0 if better else self.state.stale + 1)

    def _roll_back(self) -> None:
        """Return to the last checkpoint, with half the learning rate from now on."""
        lost, count = self.state.step, self.state.rollbacks + 1
        if count > self.config.rollbacks:
            raise ValueError(
                f"the loss is no longer finite at step {lost}, after {self.config.rollbacks} returns to a checkpoint "
                "at half the learning rate each: lower learning_rate or the weights of the losses"
            )
        self.state = replace(run_folder.progress(self.folder), rollbacks=count)
        self.log.cut(self.state.step)
        self.say(f"step {lost}: the loss is no number; back to step {self.state.step} at half the learning rate")

    def _watch_critic(self, row: dict) -> None:
        """Say so where the critic has won: the generator then learns little from it."""
        wins = row.get("d_real", 0.0) > _CRITIC_WINS and row.get("d_fake", 1.0) < 1.0 - _CRITIC_WINS
        self._critic_wins = self._critic_wins + 1 if wins else 0
        if self._critic_wins == _CRITIC_WINS_ROWS:
            self.say(
                f"step {row['step']}: the critic is always right (D(real) {row['d_real']:.2f}, D(fake) "
                f"{row['d_fake']:.2f}) and teaches the generator little: lower critic_learning_rate, or smooth labels"
            )

    def _card(self) -> dict:
        """What is known of the run: its run.json."""
        config = self.config
        return {
            "task": config.task,
            "style": config.style,
            "setting": config.setting,
            "vary": dict(live_camera.flat(config.vary)),
            "description": config.description,
            "scale": config.scale,
            "generator": config.generator["kind"],
            "options": {key: value for key, value in config.generator.items() if key != "kind"},
            "parameters": int(self.shipped.count_params()),
            "stages": self.log.steps_by_stage(),
            "steps": self.state.step,
            "minutes": round(self.state.seconds / 60, 1),
            "batch": config.batch,
            "precision": self.precision,
            "backend": keras.backend.backend(),
            "data": self.pictures.source,
            "pairs": self.pictures.trained_on,
            "inputs": likeness.of_batches(
                self.pictures.batches(0, size=config.batch, seed=config.seed), self.state.step
            ),
            "validation": self.log.validation(next(s.best for s in reversed(config.stages) if s.steps)),
            "seed": config.seed,
            "rollbacks": self.state.rollbacks,
            "version": __version__,
            "finished": True,
            "source_sha256": sorted({digest[:HASH_DIGITS] for digest in self.pictures.source_sha256}),
        }


class _ReportBatches(keras.callbacks.Callback):
    def __init__(self, report: Report):
        super().__init__()
        self._report = report

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._report(1, logs or {})


def _extra(trainer: Trainer) -> dict[str, list]:
    """What a checkpoint needs besides the networks."""
    return {"optimizer": trainer.optimizer.variables, "random": [trainer.seed_generator.state]}


def _finite(groups: dict[str, list]) -> bool:
    """Whether all variables are finite numbers."""
    values = (keras.ops.convert_to_numpy(v) for variables in groups.values() for v in variables)
    return all(np.isfinite(v).all() for v in values)


def _average(trainer: Trainer, generator: keras.Model, shipped: keras.Model) -> None:
    """Write the generator's averaged weights into `shipped`; batch statistics are the latest."""
    variables = trainer.trainable_variables
    kept = [keras.ops.convert_to_numpy(v) for v in variables]
    trainer.optimizer.write_average(variables)
    shipped.set_weights(generator.get_weights())
    for variable, value in zip(variables, kept, strict=True):
        variable.assign(value)
