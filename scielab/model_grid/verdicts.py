"""From results per picture to the grid: means and measures of the set with intervals, and who wins where it should."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from scielab.metrics.catalogue import METRICS
from scielab.model_grid import bootstrap
from scielab.model_grid.evaluate import Result

_LESS_IS_BETTER = {metric.name for metric in METRICS if metric.lower_is_better}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number of all pictures; `low` and `high` bound its 95 % bootstrap interval, None of a single picture."""

    value: float
    low: float | None
    high: float | None

    def __neg__(self) -> "Estimate":
        low, high = (None, None) if self.interval is None else (-self.interval[1], -self.interval[0])
        return Estimate(value=-self.value, low=low, high=high)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both bounds, or None."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def half_width(self) -> float | None:
        """Half the interval's width; the interval need not be symmetric."""
        return None if self.interval is None else (self.interval[1] - self.interval[0]) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One model on one setting, over all pictures."""

    model: str
    setting: str
    trained: bool  #: whether the model was trained for this setting
    rival: bool  #: whether others have to beat it; if not it stands below a line
    pictures: int
    estimates: dict[str, Estimate]  #: by the metric's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """How much better the trained model is than the best other row; negative where it is worse."""

    estimate: Estimate
    rival: str

    @property
    def wins(self) -> bool:
        return self.estimate.value > 0

    @property
    def size(self) -> Estimate:
        """By how much the model wins or loses, a positive number either way."""
        return self.estimate if self.estimate.value >= 0 else -self.estimate

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval is on one side of zero."""
        interval = self.estimate.interval
        return interval is not None and (interval[0] > 0 or interval[1] < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the model trained for a setting beats all rivals there, the baseline included.

    Of a model that is no rival itself it is the gap to them, also where it was trained for no setting in particular.
    """

    setting: str
    model: str
    margins: dict[str, Margin]  #: by the metric's name


def summarise(
    results: Iterable[Result],
    trained_for: Mapping[str, str],
    *,
    no_rivals: Collection[str] = (),
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
) -> list[Cell]:
    """Every metric over the pictures, with its interval, one cell per model and setting, in order of appearance.

    `trained_for` holds the setting that a model was trained for, by the model's name; `no_rivals` the names of those
    that others need not beat. The same resamples of the pictures serve all cells; a model that abstains from a setting
    has no cell there. Raises ValueError unless every model was run once on each of its settings, of the same pictures.
    """
    table = _Table.of(results)
    cells = [
        Cell(
            model=model,
            setting=setting,
            trained=trained_for.get(model) == setting,
            rival=model not in no_rivals,
            pictures=table.pictures,
            estimates={},
        )
        for setting in table.settings
        for model in table.models
        if (setting, model) in table.pairs
    ]
    for name, found, resampled in table.measured(resamples=resamples, seed=seed):
        for cell in cells:
            column, row = table.settings.index(cell.setting), table.models.index(cell.model)
            cell.estimates[name] = _estimate(found[column, row], resampled[:, column, row], table.pictures)
    return cells


def judge(
    results: Iterable[Result],
    trained_for: Mapping[str, str],
    *,
    no_rivals: Collection[str] = (),
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
) -> list[Verdict]:
    """For each setting and each model trained for it, whether that model beats all rivals, by every metric.

    A margin's interval is of the whole comparison: in every resample of the pictures the model meets whichever rival
    is the best there. A model without rivals has no verdict; one that is no rival and was trained for no setting in
    particular has one everywhere. Parameters and errors as for `summarise`.
    """
    table = _Table.of(results)
    rivals = {
        setting: [row for row in table.in_column(setting) if table.models[row] not in no_rivals]
        for setting in table.settings
    }
    verdicts = [
        Verdict(setting=setting, model=model, margins={})
        for setting, model in table.pairs
        if any(table.models[row] != model for row in rivals[setting])
        and (trained_for.get(model) == setting or (model in no_rivals and model not in trained_for))
    ]
    for name, found, resampled in table.measured(resamples=resamples, seed=seed):
        sign = -1 if name in _LESS_IS_BETTER else 1
        for verdict in verdicts:
            column, own = table.settings.index(verdict.setting), table.models.index(verdict.model)
            others = [row for row in rivals[verdict.setting] if row != own]
            score, scores = sign * found[column], sign * resampled[:, column]
            rival = max(others, key=score.__getitem__)
            margins = scores[:, own] - scores[:, others].max(axis=1)
            estimate = _estimate(score[own] - score[rival], margins, table.pictures)
            verdict.margins[name] = Margin(estimate=estimate, rival=table.models[rival])
    return verdicts


@dataclass(frozen=True, slots=True)
class _Table:
    """Results as arrays (pictures, settings, models), one per metric that is a mean over pictures.

    They hold NaN where a model abstains.
    """

    models: list[str]
    settings: list[str]
    pairs: list[tuple[str, str]]  #: setting and model of what there is
    pictures: int
    values: dict[str, np.ndarray]
    powers: np.ndarray | None  #: (pictures, settings, models, 3, P, 5), of which the metrics of the set are made

    @classmethod
    def of(cls, results: Iterable[Result]) -> "_Table":
        results = list(results)
        keys = [(r.picture, r.setting, r.model) for r in results]
        axes = [{name: i for i, name in enumerate(dict.fromkeys(axis))} for axis in zip(*keys, strict=True)]
        found = {(r.setting, r.model) for r in results}
        if not results or not len(set(keys)) == len(keys) == len(axes[0]) * len(found):
            raise ValueError("every model must be run once on each of its settings, of the same pictures")
        pictures, settings, models = axes
        pairs = [(setting, model) for setting in settings for model in models if (setting, model) in found]
        places = tuple(np.array([[axis[k] for axis, k in zip(axes, key, strict=True)] for key in keys]).T)
        values = {}
        for name in results[0].numbers:
            values[name] = np.full([len(axis) for axis in axes], np.nan)
            values[name][places] = [r.numbers[name] for r in results]
        powers = None
        if results[0].powers is not None:
            powers = np.full([len(axis) for axis in axes] + list(results[0].powers.shape), np.nan)
            powers[places] = [r.powers for r in results]
        return cls(list(models), list(settings), pairs, len(pictures), values, powers)

    def in_column(self, setting: str) -> list[int]:
        """Which of the models take part on a setting."""
        return [row for row, model in enumerate(self.models) if (setting, model) in self.pairs]

    def measured(self, *, resamples: int, seed: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Of every metric its name, its values (settings, models) and those of resampled pictures (resamples, …)."""
        for name, values in self.values.items():
            yield name, values.mean(axis=0), self._resampled(values, resamples=resamples, seed=seed)
        if self.powers is None:
            return
        of_set = {metric.name: metric.of_powers for metric in METRICS if metric.of_powers}
        columns = []
        for column in range(len(self.settings)):  # of all settings at once they would fill the memory
            means = self._resampled(self.powers[:, column], resamples=resamples, seed=seed)
            columns.append([function(means) for function in of_set.values()])
        for (name, function), resampled in zip(of_set.items(), zip(*columns, strict=True), strict=True):
            yield name, function(self.powers.mean(axis=0)), np.stack(resampled, axis=1)

    def _resampled(self, values: np.ndarray, *, resamples: int, seed: int) -> np.ndarray:
        """Means of resampled pictures (resamples, ...) of values (pictures, ...)."""
        means = bootstrap.resampled_means(values.reshape(self.pictures, -1), resamples=resamples, seed=seed)
        return means.reshape(-1, *values.shape[1:])


def _estimate(value: float, means: np.ndarray, pictures: int) -> Estimate:
    low, high = bootstrap.interval(means) if pictures > 1 else (None, None)
    return Estimate(value=float(value), low=low, high=high)
