"""What a camera made of a picture, with every stage on the way where they were kept."""

import base64
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from camsim.io import atomic, image
from camsim.io.resize import resize

#: Longest side of the picture that a notebook shows, pixels; small pictures are enlarged to half of it at most.
PREVIEW_PX = 1024


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Stages:
    """What each stage of a camera handed to the next. Both methods of a camera give the same names.

    Parameters
    ----------
    scene_rgb_linear : ndarray of float
        Linear light of the picture, (h, w, 3), in [0, 1] (isetcam: drive of its display).
    irradiance : ndarray of float
        Light behind the lens, (y, x, 31), photons s⁻¹ m⁻² nm⁻¹ (isetcam: with its frame).
    electrons : ndarray of float
        Electrons that the ADC saw, (H, W).
    volts : ndarray of float
        Voltage of every pixel, (H, W), V.
    demosaiced : ndarray of float
        The sensor's colours in every pixel, (H, W, channels), share of full scale (isetcam: volts, or counts where
        there is an ADC).
    linear : ndarray of float
        The picture in linear light, (H, W, 3), in [0, 1] (isetcam: in the primaries of its display).
    srgb : ndarray of float
        The finished picture, (H, W, 3), in [0, 1].
    fov_deg : float
        Field of view of the picture, degrees, horizontally.
    exposure_s : float
        Exposure time, s.
    wavelength_nm : ndarray of float
        Wavelengths of the irradiance, (31,), nm.

    Examples
    --------
    >>> import camsim, numpy as np
    >>> camsim.render(np.full((64, 64, 3), 0.5), "pixel25", keep_stages=True).stages
    Stages(picture 64×64, sensor 22×22, exposure 0.00238 s)
    """

    scene_rgb_linear: np.ndarray
    irradiance: np.ndarray
    electrons: np.ndarray
    volts: np.ndarray
    demosaiced: np.ndarray
    linear: np.ndarray
    srgb: np.ndarray
    fov_deg: float
    exposure_s: float
    wavelength_nm: np.ndarray

    def __repr__(self) -> str:
        picture, sensor = _size(self.scene_rgb_linear), _size(self.electrons)
        return f"Stages(picture {picture}, sensor {sensor}, exposure {self.exposure_s:.3g} s)"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Shot:
    """What a camera made of a picture.

    It is itself a picture, its `rgb`, wherever one is taken: by `camsim.write`, a measurement, `scielab.compare` or a
    model of `enhance`.

    Parameters
    ----------
    rgb : ndarray of float
        The finished picture, (H, W, 3), sRGB values in [0, 1]: one pixel per sensor pixel.
    linear : ndarray of float or None
        The same in linear light, (H, W, 3), in [0, 1]; None unless it was kept.
    electrons : ndarray of float or None
        Electrons that the ADC saw in each pixel, (H, W); None without a sensor, or unless they were kept.
    counts : ndarray or None
        Raw ADC counts, (H, W); the electrons where there is no ADC, None as those are.
    exposure_s : float or None
        Exposure time, s; None without a sensor.
    box : tuple of float
        Top, left, bottom and right of the scene within `rgb`, pixels; beyond it where the sensor sees a part of the
        scene.
    stages : Stages, optional
        What each stage handed to the next; None unless they were asked for.
    draft : bool, optional
        Whether the lens is a draft (`camsim.Renderer.render`).

    Examples
    --------
    >>> import camsim, numpy as np
    >>> camsim.render(np.full((64, 64, 3), 128, np.uint8), "f22")
    Shot(262×262, exposure 44.2 s)
    """

    rgb: np.ndarray
    linear: np.ndarray
    electrons: np.ndarray | None
    counts: np.ndarray | None
    exposure_s: float | None
    box: tuple[float, float, float, float]
    stages: Stages | None = None
    draft: bool = False

    def __array__(self, dtype: type | None = None, copy: bool | None = None) -> np.ndarray:
        """`rgb`: so a shot is a picture wherever one is taken."""
        if copy is False and dtype not in (None, self.rgb.dtype):
            raise ValueError(f"a picture in {self.rgb.dtype} cannot be one in {np.dtype(dtype)} without a copy")
        return np.array(self.rgb, dtype) if copy else np.asarray(self.rgb, dtype)  # NumPy 1 knows no copy=None

    @property
    def scene_shape(self) -> tuple[float, float]:
        """Height and width of the scene within `rgb`, in pixels.

        Sensors have whole colour tiles, so `rgb` may be a little larger than the scene.

        Returns
        -------
        tuple of float
            Height and width, pixels.

        Examples
        --------
        >>> import camsim, numpy as np
        >>> shot = camsim.render(np.full((64, 64, 3), 0.5), "f22")
        >>> shot.rgb.shape[:2], [round(side, 2) for side in shot.scene_shape]
        ((262, 262), [261.75, 261.75])
        """
        top, left, bottom, right = self.box
        return bottom - top, right - left

    def reduced(self, size: tuple[int, int]) -> np.ndarray:
        """Reduce the scene's part of the picture, registered with the scene; all of which the sensor must see.

        Parameters
        ----------
        size : tuple of int
            Rows and columns of the result.

        Returns
        -------
        ndarray of float
            The picture, (rows, columns, 3), sRGB values in [0, 1].

        Raises
        ------
        ValueError
            Where the sensor sees a part of the scene.

        Examples
        --------
        >>> import camsim, numpy as np
        >>> camsim.render(np.full((64, 64, 3), 0.5), "f22").reduced((32, 32)).shape
        (32, 32, 3)
        """
        if visible(self.box, self.rgb.shape) != self.box:
            raise ValueError(
                "sensor.columns and sensor.rows see a part of the picture: what it was cannot be laid on what they see"
            )
        return resize(self.rgb, size, self.box)

    def save(self, path: Path | str, *, bits: int = 8) -> None:
        """Write the picture or, where the name ends in .npz, every stage.

        An .npz file holds the stages as arrays that have the names of the fields of `Stages`. A file that exists is
        replaced; nothing is left half-written.

        Parameters
        ----------
        path : Path or str
            The file; its ending chooses the format.
        bits : int, optional
            Depth of the picture, 8 or 16.

        Raises
        ------
        ValueError
            Where the format is unknown, has no such depth, cannot be written there, or stages were not kept.

        Examples
        --------
        >>> import camsim, numpy as np
        >>> shot = camsim.render(np.full((64, 64, 3), 0.5), "pixel25", keep_stages=True)
        >>> shot.save("grey.png")
        >>> shot.save("grey.npz")
        >>> float(np.load("grey.npz")["volts"].max()) < 1
        True
        """
        path = Path(path)
        if path.suffix.lower() != ".npz":
            image.write(path, self.rgb, bits=bits)
            return
        if self.stages is None:
            raise ValueError(f"{path}: this shot has no stages to write: render it with keep_stages=True")
        arrays = {entry.name: getattr(self.stages, entry.name) for entry in dataclasses.fields(self.stages)}
        with atomic.atomic(path) as new, new.open("wb") as file:
            np.savez_compressed(file, **arrays)

    def __repr__(self) -> str:
        return f"Shot({self._summary()})"

    def _summary(self) -> str:
        exposure = "no sensor" if self.exposure_s is None else f"exposure {self.exposure_s:.3g} s"
        return ", ".join(
            [_size(self.rgb), exposure, *(["stages kept"] if self.stages else []), *(["draft"] if self.draft else [])]
        )

    def _preview(self) -> np.ndarray:
        """The picture, uint8, reduced where its longest side is above `PREVIEW_PX`."""
        rows, columns = self.rgb.shape[:2]
        scale = PREVIEW_PX / max(rows, columns)
        if scale >= 1:
            return image.quantise(self.rgb)
        return image.quantise(resize(self.rgb, (max(1, round(rows * scale)), max(1, round(columns * scale)))))

    def _repr_png_(self) -> bytes:
        """The picture for notebooks."""
        file = io.BytesIO()
        Image.fromarray(self._preview()).save(file, "PNG")
        return file.getvalue()

    def _repr_html_(self) -> str:
        """The picture and a line about it for notebooks; a small one enlarged, its pixels as squares."""
        rows, columns = self._preview().shape[:2]
        enlarged = max(1, PREVIEW_PX // 2 // max(rows, columns))
        data = base64.b64encode(self._repr_png_()).decode()
        return (
            f'<figure style="margin:0"><img src="data:image/png;base64,{data}" width="{columns * enlarged}" '
            f'style="image-rendering:pixelated"><figcaption>{self._summary()}</figcaption></figure>'
        )


def visible(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """The part of a `Shot.box` within a picture of that shape."""
    top, left, bottom, right = box
    return max(top, 0.0), max(left, 0.0), min(bottom, shape[0]), min(right, shape[1])


def _size(picture: np.ndarray) -> str:
    return f"{picture.shape[1]}×{picture.shape[0]}"
