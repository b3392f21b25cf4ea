"""Networks that undo what a camera did: apply the ones that came with the package, train and evaluate your own.

Examples
--------
>>> import numpy, enhance
>>> deblur = enhance.load("deblur")
>>> deblur(numpy.zeros((32, 32, 3), "uint8")).shape
(128, 128, 3)
>>> run = enhance.train("deblur", data="photos", output="mine", say=print)  # doctest: +SKIP
>>> print(enhance.evaluate(run, {"Set5": "benchmarks/Set5"}))  # doctest: +SKIP
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from camsim.camera import Camera
    from enhance.config import Config, Stage
    from enhance.evaluation.results import Evaluation
    from enhance.inference.apply import Enlarger
    from enhance.inference.run import Run

__all__ = ["Config", "Stage", "evaluate", "load", "models", "train"]


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """The two classes that `train` takes, loaded on first use."""
    if name in ("Config", "Stage"):
        from enhance import config

        return getattr(config, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(
    model: "str | Path | Run",
    *,
    style: str | float | None = None,
    toward: "str | Path | Run | None" = None,
    ensemble: bool = False,
    tile: int | None = None,
    device: str = "auto",
) -> "Enlarger":
    """A trained model as a function of one picture.

    Parameters
    ----------
    model : str, Path or Run
        sr, color, pixel, deblur: the model that came with the package, or the run that ``enhance models use`` chose;
        the name of a camera that you trained for: your latest run; a run or its folder; or a .keras file, which may
        come from anywhere. A task's style may stand behind it: ``deblur:perceptual``.
    style : str, float or None
        Of a task: faithful, which is the default, perceptual or another that it has; or a number from 0 (faithful) to 1
        (perceptual), which mixes the weights of both: (1 - style) * faithful + style * perceptual.
    toward : str, Path, Run or None
        With a number as `style`: the model at the other end, for a mixture of any two with the same layers.
    ensemble : bool
        Whether to average what it makes of the eight turns and flips of a picture: eight times the time.
    tile : int or None
        Largest side worked on at once, in pixels of the input: less memory. By default 192 and the network's reach.
    device : str
        auto, cpu, gpu or gpu:N.

    Returns
    -------
    Enlarger
        A function of one picture: a file, or an array (H, W) or (H, W, C) of sRGB values, uint8, uint16 or floating
        point in [0, 1]. It gives an array ``scale`` times as large, of the same type and channels.

    Raises
    ------
    ValueError
        For what is none of these; where there is no such model, style or device, the file is damaged, two models that
        are to be mixed have different layers, or Keras is not installed.

    References
    ----------
    X. Wang et al., "ESRGAN: Enhanced super-resolution generative adversarial networks", ECCV Workshops 2018 (network
    interpolation); B. Lim et al., "Enhanced deep residual networks for single image super-resolution", CVPR Workshops
    2017 (geometric self-ensemble).

    Examples
    --------
    >>> import numpy, enhance
    >>> deblur = enhance.load("deblur")
    >>> deblur(numpy.full((16, 16, 3), 0.5)).shape
    (64, 64, 3)
    >>> deblur("small.png")  # doctest: +SKIP
    """
    from enhance import naming
    from enhance.inference.run import open_enlarger

    other = None if toward is None else _named(toward)
    found = naming.open_model(_named(model), style=style, toward=other)
    return open_enlarger(found, tile=tile, device=device, ensemble=ensemble)


def _named(model: Any) -> str | Path:
    """What `load` takes for one model, as what names it."""
    from enhance.inference.run import Run

    if isinstance(model, Run):
        return model.folder
    if not isinstance(model, str | os.PathLike):
        raise ValueError(f"a model is a task, a run or a file, not {type(model).__name__}")
    return Path(model) if isinstance(model, os.PathLike) else model


def models() -> "list[Run]":
    """The trained models that are known: those of the package, then your finished runs, the latest first.

    Returns
    -------
    list of Run
        Each with ``task``, ``scale``, ``folder``, ``weights``, ``card`` and ``load()``.

    Examples
    --------
    >>> import enhance
    >>> [run.task for run in enhance.models()][:4]
    ['sr', 'color', 'pixel', 'deblur']
    """
    from enhance import zoo
    from enhance.inference.run import Run

    return [Run.of(entry) for entry in zoo.known()]


def train(
    config: "str | Path | Config | None" = None,
    *,
    task: str | None = None,
    data: str | Path | None = None,
    output: str | Path | None = None,
    camera: "Camera | str | Path | None" = None,
    steps: int | Iterable[int] | None = None,
    resume: str | Path | None = None,
    force: bool = False,
    report: Callable[[int, dict[str, float]], object] = lambda steps, losses: None,
    say: Callable[[str], object] = lambda text: None,
    **keys: Any,
) -> "Run":
    """Train a generator that undoes a camera.

    Parameters
    ----------
    config : str, Path or Config
        A task (sr, color, pixel, deblur), the name of a shipped configuration, a .toml file, the folder of a run to
        do again, or a `Config`.
    task : str or None
        What is undone: sr, color, pixel or deblur; with a camera any name, by which `load` finds the model.
    data : str, Path or None
        A set of ``camsim dataset``, a folder with HR/ and LR/, or photographs for the camera to degrade during
        training; by default the built-in photographs.
    output : str, Path or None
        Folder of the run; by default ``runs/TASK-N``.
    camera : Camera, str, Path or None
        What is undone, where that is not the task's own camera: a setting's name or a .toml file. It names the task
        where nothing else does.
    steps : int, iterable of int or None
        Batches of the stages, in order; 0 leaves a stage out.
    resume : str, Path or None
        Folder of a run that was stopped: it goes on to the same bits. No other argument but `report` and `say` then.
    force : bool
        Train anew where `output` holds a run.
    report : callable
        Called after every batch with the number of steps and the losses by name.
    say : callable
        Called with what a person should know, such as ``print``.
    **keys : object
        Fields of `Config` that are changed, such as ``batch=8`` or ``seed=1``; not ``setting``, the camera's name.

    Returns
    -------
    Run
        The finished run; ``run.load()``, or `load` of its folder, gives its model.

    Raises
    ------
    ValueError
        For what cannot be trained: an unknown configuration or camera, an impossible value, pictures that are damaged
        or too small; where Keras is not installed, and where the loss is never finite.
    FileExistsError
        Where `output` holds a run, without `force`.

    Notes
    -----
    Photographs are degraded in ``jobs`` processes: a script that trains on them calls this function below
    ``if __name__ == "__main__":``, or with ``jobs=0``.

    Examples
    --------
    >>> import enhance
    >>> run = enhance.train("deblur", data="photos", output="mine", steps=2000, seed=1)  # doctest: +SKIP
    >>> run.load()("small.png")  # doctest: +SKIP
    """
    from camsim import arguments
    from enhance.inference.run import Run
    from enhance.training import start

    if resume is not None:
        if keys or force or any(value is not None for value in (config, task, data, output, camera, steps)):
            raise ValueError("a run that goes on keeps its own configuration: nothing but report and say with resume")
        plan = start.resumed(Path(resume))
    else:
        if config is None and task is None and camera is None:
            raise ValueError("neither a configuration nor a task nor a camera is named")
        keys |= {} if data is None else {"data": str(data)}
        counts = None if steps is None else arguments.several(steps)
        plan = start.planned(
            config, task=task, camera=camera, folder=output, force=force, steps=counts, say=say, **keys
        )
    return Run.of(start.run(plan, report=report, say=say))


def evaluate(
    model: "str | Path | Run | Callable[[np.ndarray], np.ndarray] | Mapping[str, Any] | None",
    benches: "str | Path | Sequence[str | Path] | Mapping[str, str | Path]",
    *,
    scale: int = 4,
    channel: str = "Y",
    crop_px: int | None = None,
    delta_e: bool = False,
    step: Callable[[], object] = lambda: None,
) -> "Evaluation":
    """PSNR and SSIM of a model on benchmarks of super-resolution, as papers measure them.

    Parameters
    ----------
    model : str, Path, Run, callable, mapping or None
        Whatever `load` takes; a function of (h, w, 3) sRGB values in [0, 1] to (h·scale, w·scale, 3); several
        of these by name; or None for MATLAB's bicubic enlargement alone, which is always the first row.
    benches : str, Path, sequence or mapping
        Folders of HR pictures, or with HR and LRbicx4 (or LR) in them; in a mapping by name. LR pictures are made by
        MATLAB's bicubic reduction where there are none.
    scale : int
        HR pixels per LR pixel.
    channel : {"Y", "RGB"}
        Luma (BT.601, studio range, whole levels), or the channels as they are.
    crop_px : int or None
        Border left out, in HR pixels; by default the scale.
    delta_e : bool
        Whether to measure the mean S-CIELAB ΔE, too.
    step : callable
        Called after every output.

    Returns
    -------
    Evaluation
        Rows of means, one per benchmark and model; ``print`` shows a table, ``scores`` has every picture.

    Raises
    ------
    ValueError
        Where there is no such model, benchmark or picture, or two have one name; where a model is named bicubic, is for
        another scale, or gives other than floating point in [0, 1].

    References
    ----------
    J. Kim, J. K. Lee, K. M. Lee, "Accurate image super-resolution using very deep convolutional networks", CVPR 2016.

    Examples
    --------
    >>> import numpy, tempfile, enhance
    >>> from camsim.io import image
    >>> folder = tempfile.mkdtemp()
    >>> image.write(f"{folder}/one.png", numpy.random.default_rng(0).random((48, 48, 3)))
    >>> print(enhance.evaluate({"nearest": lambda lr: lr.repeat(4, 0).repeat(4, 1)}, {"Noise": folder}))
    ×4, Y (BT.601 studio), 4 px border cropped, range 255
                    pictures  PSNR dB    SSIM
    Noise  bicubic         1    15.98  0.0638
           nearest         1    15.99  0.0718
    Noise: LR made here by MATLAB's bicubic reduction
    """
    from camsim import arguments
    from enhance.evaluation import benchmark
    from enhance.evaluation.protocol import Protocol

    if isinstance(benches, Mapping):
        named = list(benches.items())
    else:
        named = [("", folder) for folder in arguments.several(benches)]
    opened = benchmark.open_all(named, scale=scale)
    protocol = Protocol(channel=channel, crop_px=scale if crop_px is None else crop_px)
    models = {} if model is None else model if isinstance(model, Mapping) else {_name_of(model): model}
    functions = {name: _as_function(one) for name, one in models.items()}
    return benchmark.evaluate_all(opened, functions, protocol, delta_e=delta_e, step=step)


def _name_of(model: Any) -> str:
    """What the row of a model is called that no name was given for."""
    if isinstance(model, str | os.PathLike):
        return str(model)
    return getattr(model, "task", "") or getattr(model, "__name__", "model")


def _as_function(model: Any) -> "Callable[[np.ndarray], np.ndarray]":
    """What `evaluate` takes for one model, as a function of an RGB picture."""
    if hasattr(model, "enlarge"):
        return model.enlarge
    return model if callable(model) else load(model).enlarge
