"""Benchmarks of super-resolution: what a model makes of the LR pictures, against the HR ones, by one protocol.

Every model, MATLAB's bicubic enlargement among them, is given the same 8-bit LR picture, and its output is clipped and
rounded to 8 bits before it is scored, as papers do. By the default protocol MATLAB's bicubic ×4 then has its published
figures on Set5, Set14 and BSD100 to 0.01 dB; those were got without rounding the LR picture, from luma alone.

Example
-------
::

    bench = open_bench("Set5", scale=4)
    for scores in evaluate(bench, {"bicubic": matlab_bicubic(4)}, Protocol()):
        print(scores.picture, scores.psnr_db)

References: those of `protocol`; M. Bevilacqua, A. Roumy, C. Guillemot, M.-L. Alberi-Morel, "Low-complexity single-image
super-resolution based on nonnegative neighbor embedding", BMVC 2012 (Set5); R. Zeyde, M. Elad, M. Protter, "On single
image scale-up using sparse-representations", Curves and Surfaces 2010 (Set14); D. Martin, C. Fowlkes, D. Tal, J. Malik,
"A database of human segmented natural images", ICCV 2001 (BSD).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim import arguments
from camsim.io import image, outputs
from enhance.evaluation.imresize import imresize
from enhance.evaluation.protocol import Protocol, as_rgb
from enhance.evaluation.results import Evaluation, PictureScores

#: (h, w, 3) → (h·scale, w·scale, 3), sRGB values in [0, 1].
Model = Callable[[np.ndarray], np.ndarray]

#: What the baseline is called in tables.
BASELINE = "bicubic"

#: Above it a model's values are on another scale, such as 0 to 255: no network overshoots white so far. The rest is
#: clipped to [0, 1].
LARGEST = 4.0

#: Where an LR picture is from: made here, by MATLAB's bicubic reduction; a file equal to that; another file.
MADE, MATLAB_BICUBIC, OTHER = "made", "bicubic", "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The pictures of a benchmark at one scale."""

    name: str
    folder: Path
    scale: int
    hr: tuple[Path, ...]  #: sorted by name
    lr: tuple[Path, ...] | None  #: in the order of `hr`; None where they are to be made


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPicture:
    """A picture at both resolutions, uint8; grey where the HR file is grey."""

    name: str
    hr: np.ndarray  #: (h·scale, w·scale, 3) or (h·scale, w·scale)
    lr: np.ndarray  #: (h, w, 3) or (h, w)
    lr_from: str  #: `MADE`, `MATLAB_BICUBIC` or `OTHER`


def open_bench(folder: Path | str, *, scale: int, name: str = "") -> Bench:
    """Find a benchmark's pictures.

    Parameters
    ----------
    folder : Path or str
        Holds `HR` and, if LR pictures are given, `LRbicx{scale}` or else `LR` with the same names; or HR pictures.
    scale : int
        How many times HR is larger.
    name : str
        What it is called; the folder's name by default.

    Raises
    ------
    ValueError
        For another scale or what is no folder; where there are no pictures, a name is there twice, or HR and LR are
        not the same pictures.
    """
    scale = arguments.whole(scale, "scale", 1)
    if not isinstance(name, str):
        raise ValueError(f"a benchmark cannot be named {name!r}: use text")
    folder = arguments.path(folder, "a benchmark's folder")
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder")
    hr = _by_stem(folder / "HR" if (folder / "HR").is_dir() else folder)
    lr_folder = next((folder / lr for lr in (f"LRbicx{scale}", "LR") if (folder / lr).is_dir()), None)
    lr = None if lr_folder is None else _by_stem(lr_folder)
    if lr is not None and (odd := sorted(hr.keys() ^ lr.keys())):
        where = "has no HR picture" if odd[0] in lr else "has no LR picture"
        raise ValueError(f"{lr_folder}: {odd[0]} {where}")
    return Bench(
        name=name or outputs.real(folder).name,
        folder=folder,
        scale=scale,
        hr=tuple(hr.values()),
        lr=None if lr is None else tuple(lr[stem] for stem in hr),
    )


def open_all(folders: Iterable[tuple[str, Path | str]], *, scale: int) -> list[Bench]:
    """Benchmarks by name and folder; an empty name is the folder's own.

    Raises ValueError as `open_bench` does, where there are none, and where two have one name: their scores would come
    into one mean.
    """
    opened: dict[str, Bench] = {}
    for name, folder in folders:
        bench = open_bench(folder, scale=scale, name=name)
        if bench.name in opened:
            raise ValueError(f"two are named {bench.name}: {opened[bench.name].folder} and {folder}")
        opened[bench.name] = bench
    if not opened:
        raise ValueError("no benchmark is named")
    return list(opened.values())


def _by_stem(folder: Path) -> dict[str, Path]:
    """The pictures in a folder itself, sorted by name; hidden files are left out."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in image.READ_SUFFIXES and path.is_file() and not path.name.startswith("."):
            if path.stem in found:
                raise ValueError(f"{folder}: {found[path.stem].name} and {path.name} have one name")
            found[path.stem] = path
    if not found:
        raise ValueError(f"{folder}: no pictures in this folder")
    return found


def pictures(bench: Bench) -> Iterator[BenchPicture]:
    """Read the pictures, HR cropped at right and below to a multiple of the scale; LR is made where it is not given.

    Raises ValueError for pictures that cannot be read or have more than 8 bits, and for an LR file of another size
    than the scale asks for.
    """
    for number, path in enumerate(bench.hr):
        hr = _read(path)
        rows, columns = (length // bench.scale for length in hr.shape[:2])
        if not rows or not columns:
            raise ValueError(f"{path}: too small for scale {bench.scale}")
        hr = hr[: rows * bench.scale, : columns * bench.scale]
        made = imresize(hr, (rows, columns))
        lr, lr_from = made, MADE
        if bench.lr is not None:
            lr = _read(bench.lr[number])
            if lr.shape[:2] != made.shape[:2]:
                raise ValueError(
                    f"{bench.lr[number]}: is {lr.shape[1]}×{lr.shape[0]}; at scale {bench.scale} "
                    f"the LR picture of {path.name} has {columns}×{rows} pixels"
                )
            lr_from = MATLAB_BICUBIC if np.array_equal(lr, made) else OTHER
        yield BenchPicture(name=path.stem, hr=hr, lr=lr, lr_from=lr_from)


def _read(path: Path) -> np.ndarray:
    """A picture in 8 bits, (H, W, 3), or (H, W) if its file is grey."""
    stored = image.read_stored(path)
    picture = image.over_white(stored)
    if picture.dtype != np.uint8:
        raise ValueError(f"{path}: has more than 8 bits; the protocols are for 8-bit pictures")
    return picture[..., 0] if stored.mode == "L" else picture


def matlab_bicubic(scale: int) -> Model:
    """The baseline: bicubic enlargement as MATLAB's `imresize` does it."""
    return lambda rgb: imresize(rgb, scale)


def evaluate(
    bench: Bench,
    models: Mapping[str, Model],
    protocol: Protocol,
    *,
    delta_e: bool = False,
    step: Callable[[], object] = lambda: None,
) -> Iterator[PictureScores]:
    """Every model on every picture of a benchmark, picture by picture.

    Parameters
    ----------
    bench : Bench
        The pictures.
    models : mapping of str to callable
        By name. A grey picture is repeated in three channels for a model, and its output is made grey again as
        `Protocol.scores` says.
    protocol : Protocol
        What is compared.
    delta_e : bool
        Score by the mean S-CIELAB ΔE as well, of the part that the protocol compares, seen by the defaults of
        `s_cielab`, in float32.
    step : callable
        Called after every output.

    Raises
    ------
    ValueError
        As `pictures` does, and where an output is not `bench.scale` times as large as its input, not floating point
        or beyond `LARGEST`.
    """
    from scielab.metrics import s_cielab

    for picture in pictures(bench):
        lr = as_rgb(picture.lr) / 255.0
        reference = s_cielab.Reference(as_rgb(picture.hr), dtype=np.float32) if delta_e else None
        for name, model in models.items():
            output = image.quantise(_enlarge(name, model, lr, bench.scale))
            try:
                scores = protocol.scores(picture.hr, output)
            except ValueError as error:
                raise ValueError(f"{bench.name}, {picture.name}: {error}") from error
            yield PictureScores(
                bench=bench.name,
                picture=picture.name,
                model=name,
                scale=bench.scale,
                lr_from=picture.lr_from,
                channel=protocol.channel,
                crop_px=protocol.crop_px,
                data_range=protocol.data_range,
                psnr_db=scores.psnr_db,
                ssim=scores.ssim,
                delta_e=None if reference is None else float(protocol.crop(reference.delta_e(output)).mean()),
            )
            step()


def evaluate_all(
    benches: Sequence[Bench],
    models: Mapping[str, Model],
    protocol: Protocol,
    *,
    delta_e: bool = False,
    step: Callable[[], object] = lambda: None,
) -> Evaluation:
    """MATLAB's bicubic enlargement, then every model, on every benchmark as `evaluate` does it.

    Notes say where the LR pictures are from. Raises ValueError as `evaluate` does, and for a model with the name of the
    baseline, or with none.
    """
    for name in models:
        if not isinstance(name, str) or name in ("", BASELINE):
            raise ValueError(f"a model cannot be named {name!r}: use text other than {BASELINE}, MATLAB's enlargement")
    scores: list[PictureScores] = []
    for bench in benches:
        rows = {BASELINE: matlab_bicubic(bench.scale), **models}
        scores += evaluate(bench, rows, protocol, delta_e=delta_e, step=step)
    notes = [_lr_note(bench, scores) for bench in benches] + [_delta_e_note()] * delta_e
    return Evaluation(tuple(scores), tuple(notes))


def _lr_note(bench: Bench, scores: Sequence[PictureScores]) -> str:
    """Where a benchmark's LR pictures are from."""
    if bench.lr is None:
        return f"{bench.name}: LR made here by MATLAB's bicubic reduction"
    kinds = {one.picture: one.lr_from for one in scores if one.bench == bench.name}
    others = sum(kind == OTHER for kind in kinds.values())
    if not others:
        return f"{bench.name}: LR of {bench.lr[0].parent}, MATLAB's bicubic reduction bit for bit"
    return (
        f"{bench.name}: LR of {bench.lr[0].parent}; {others} of {len(kinds)} are not MATLAB's bicubic reduction of HR"
    )


def _delta_e_note() -> str:
    from scielab.metrics import s_cielab
    from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

    return f"ΔE: mean of {s_cielab.VERSION}, CIE76, {DEFAULT_SAMPLES_PER_DEGREE:g} samples per degree, in colour"


def _enlarge(name: str, model: Model, lr: np.ndarray, scale: int) -> np.ndarray:
    """What a model makes of an LR picture; ValueError where that has another size, or no values in [0, 1] or near."""
    output = np.asarray(model(lr))
    if output.dtype.kind != "f":
        raise ValueError(f"model {name}: gives {output.dtype}; sRGB values in [0, 1] are floating point")
    h, w = lr.shape[:2]
    if output.shape != (h * scale, w * scale, 3):
        made = "×".join(map(str, output.shape[1::-1]))
        raise ValueError(
            f"model {name}: makes {made} of {w}×{h} pixels where scale {scale} asks for {w * scale}×{h * scale}: "
            "it was made for another scale"
        )
    if not np.isfinite(output).all():
        raise ValueError(f"model {name}: its output holds NaN or infinity")
    if output.max() > LARGEST:
        raise ValueError(f"model {name}: its output goes up to {output.max():.4g}; sRGB values in [0, 1] are needed")
    return output
