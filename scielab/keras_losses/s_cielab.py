"""S-CIELAB as a training loss for Keras 3, on whatever backend Keras runs.

The map has the values of `scielab.delta_e` for sRGB; what differs is that it is batched, has useful slopes
everywhere but at the jumps of CIEDE2000, and takes values outside the sRGB range, which a generator gives.

References: as in `scielab.metrics.s_cielab` and `scielab.metrics.colour_difference`.
"""

import math
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import KerasTensor, ops

from scielab.keras_losses import colour_difference, filtering
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE, check_formula, check_samples_per_degree

#: Tensors of the backend, or arrays.
Pictures: TypeAlias = KerasTensor | np.ndarray


@keras.saving.register_keras_serializable(package="cam2eye")
class SCIELABLoss(keras.losses.Loss):
    """Mean S-CIELAB difference of a batch, in ΔE.

    It is called with `y_true` and `y_pred` of shape (B, H, W, 3), where H and W are known when the step is compiled.
    A `sample_weight` is one number per picture, (B,) or (B, 1), or per pixel, (B, H, W).

    Parameters
    ----------
    samples_per_degree : float
        Pixels per degree of visual angle, in (0, 1000], of the grid of `y_pred`: for enlarging networks that of the
        output.
    formula : int
        76 for CIE76, 94 for CIE94 (weights from the chroma of `y_true`) or 2000 for CIEDE2000. 76 and 94 are for
        training; CIEDE2000 jumps between opposite hues.
    value_range : (low, high)
        The numbers that stand for sRGB 0 and 1, such as (-1, 1) after a tanh. Values outside are not clipped.
    reduction : str, optional
        As in every Keras loss; None gives the map (B, H, W).
    name : str, optional
        As in every Keras loss.
    dtype : str, optional
        "float32" or "float64", in which it is computed. By default Keras's floatx, but never less than float32,
        whatever the policy.

    Raises
    ------
    ValueError
        For arguments out of range; on call, for integer pictures, shapes other than (B, H, W, 3), different or
        unknown picture sizes.

    References
    ----------
    X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID Digest 27 (1996)
    731-734.

    Examples
    --------
    >>> import numpy, scielab
    >>> grey = numpy.full((1, 64, 64, 3), 0.5)
    >>> loss = scielab.SCIELABLoss(samples_per_degree=60)
    >>> round(float(loss(grey, grey + 0.05)), 2)
    4.96
    """

    def __init__(
        self,
        samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
        formula: int = 76,
        value_range: tuple[float, float] = (0.0, 1.0),
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "scielab",
        dtype: str | None = None,
    ) -> None:
        if dtype is None:
            dtype = _precision(keras.config.floatx())
        elif dtype not in ("float32", "float64"):
            raise ValueError(f"dtype is {dtype!r}; S-CIELAB is computed in 'float32' or 'float64'")
        _check(samples_per_degree, formula, value_range)
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.samples_per_degree = float(samples_per_degree)
        self.formula = int(formula)
        self.value_range = float(value_range[0]), float(value_range[1])

    def __call__(self, y_true: Pictures, y_pred: Pictures, sample_weight: Pictures | None = None) -> KerasTensor:
        """The loss of a batch, weighted.

        Parameters
        ----------
        y_true : (B, H, W, 3) tensor or array
            References.
        y_pred : (B, H, W, 3) tensor or array
            Pictures compared with them.
        sample_weight : (B,), (B, 1) or (B, H, W) tensor or array, optional
            Weights of pictures or of pixels.

        Returns
        -------
        tensor
            One number in ΔE; without a reduction the map (B, H, W).

        Examples
        --------
        >>> import numpy, scielab
        >>> pictures = numpy.full((2, 64, 64, 3), 0.5)
        >>> float(scielab.SCIELABLoss()(pictures, pictures, sample_weight=numpy.array([1.0, 0.0])))
        0.0
        """
        _refuse_integers(y_true, y_pred)  # before Keras makes them floats
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight)
            if len(sample_weight.shape) == 1 or tuple(sample_weight.shape[1:]) == (1,):
                # one number per picture; Keras would take it for one per column
                sample_weight = ops.reshape(sample_weight, (-1, 1, 1))
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Pictures, y_pred: Pictures) -> KerasTensor:
        """The difference maps of a batch, which Keras reduces.

        Parameters
        ----------
        y_true : (B, H, W, 3) tensor or array
            References.
        y_pred : (B, H, W, 3) tensor or array
            Pictures compared with them.

        Returns
        -------
        (B, H, W) tensor
            Differences in ΔE.

        Examples
        --------
        >>> import numpy, scielab
        >>> pictures = numpy.full((2, 64, 48, 3), 0.5)
        >>> tuple(scielab.SCIELABLoss().call(pictures, pictures).shape)
        (2, 64, 48)
        """
        return scielab_map(
            y_true,
            y_pred,
            samples_per_degree=self.samples_per_degree,
            formula=self.formula,
            value_range=self.value_range,
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same loss again, ready for JSON.

        Returns
        -------
        dict
            Arguments by name.

        Examples
        --------
        >>> import scielab
        >>> scielab.SCIELABLoss(formula=94).get_config()["formula"]
        94
        """
        return super().get_config() | {
            "samples_per_degree": self.samples_per_degree,
            "formula": self.formula,
            "value_range": list(self.value_range),
            "dtype": self.dtype,
        }


def scielab_map(
    y_true: Pictures,
    y_pred: Pictures,
    *,
    samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
    formula: int = 76,
    value_range: tuple[float, float] = (0.0, 1.0),
) -> KerasTensor:
    """The S-CIELAB difference maps of a batch, as a tensor to differentiate.

    Parameters
    ----------
    y_true : (B, H, W, 3) tensor or array
        References, sRGB in `value_range`.
    y_pred : (B, H, W, 3) tensor or array
        Pictures compared with them.
    samples_per_degree : float
        Pixels per degree of visual angle, in (0, 1000].
    formula : int
        Colour difference: 76, 94 or 2000.
    value_range : (low, high)
        The numbers that stand for sRGB 0 and 1. Values outside are not clipped.

    Returns
    -------
    (B, H, W) tensor
        Differences in ΔE, in float64 where `y_pred` is float64, else in float32.

    Raises
    ------
    ValueError
        As `SCIELABLoss` does.

    Examples
    --------
    >>> import numpy
    >>> from scielab.keras_losses.s_cielab import scielab_map
    >>> pictures = numpy.full((2, 64, 48, 3), 0.5)
    >>> tuple(scielab_map(pictures, pictures).shape)
    (2, 64, 48)
    """
    _check(samples_per_degree, formula, value_range)
    _refuse_integers(y_true, y_pred)
    y_pred = ops.convert_to_tensor(y_pred)
    dtype = _precision(keras.backend.standardize_dtype(y_pred.dtype))
    y_true, y_pred = ops.cast(ops.convert_to_tensor(y_true), dtype), ops.cast(y_pred, dtype)
    filters = filtering.filters_for(float(samples_per_degree), *_picture_size(y_true, y_pred), dtype)
    low, high = (float(value) for value in value_range)
    ratios = [filtering.filtered_white_ratios((values - low) / (high - low), filters) for values in (y_true, y_pred)]
    return colour_difference.FORMULAS[int(formula)](*map(colour_difference.ratios_to_lab, ratios))


def _check(samples_per_degree: float, formula: int, value_range: tuple[float, float]) -> None:
    check_samples_per_degree(samples_per_degree)
    check_formula(formula)
    if np.shape(value_range) != (2,) or not -math.inf < value_range[0] < value_range[1] < math.inf:
        raise ValueError(f"value_range is {value_range!r}; it must be two finite numbers, the lower first")


def _precision(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


def _refuse_integers(*pictures: Pictures) -> None:
    for dtype in (keras.backend.standardize_dtype(getattr(picture, "dtype", "float32")) for picture in pictures):
        if "float" not in dtype:
            raise ValueError(f"pictures are {dtype}; give floats in the loss's value_range, 8-bit codes divided by 255")


def _picture_size(y_true: KerasTensor, y_pred: KerasTensor) -> list[int]:
    """Rows and columns, from whichever of the two knows them."""
    shapes = tuple(y_true.shape), tuple(y_pred.shape)
    for shape in shapes:
        if len(shape) != 4 or shape[3] not in (3, None) or 0 in shape[1:]:
            raise ValueError(f"pictures have shape {shape}; it must be (batch, rows, columns, 3)")
    size = []
    for axis, name in ((1, "rows"), (2, "columns")):
        known = sorted({shape[axis] for shape in shapes} - {None})
        if len(known) != 1:
            words = " and ".join(map(str, known)) or "unknown"
            raise ValueError(f"the number of {name} is {words}; both pictures must have one known size")
        size += known
    return size
