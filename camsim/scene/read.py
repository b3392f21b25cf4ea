"""What a camera looks at, from a file: a picture or a hyperspectral scene, whichever the file is."""

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from camsim.io import image
from camsim.scene import cube


def read(
    path: PathLike[str] | str, *, kind: str | None = None, wavelength_nm: ArrayLike | None = None
) -> np.ndarray | cube.Cube:
    """Read a picture in the depth of its file, or a hyperspectral scene.

    Parameters
    ----------
    path : Path or str
        The file. A name that ends in one of `cube.SUFFIXES` is that of a hyperspectral scene.
    kind : str, optional
        One of `cube.KINDS`: what a hyperspectral scene holds, where its file does not tell. Nothing to a picture.
    wavelength_nm : array_like, optional
        (N,) wavelengths in nm of the bands of a hyperspectral scene, for a file without them or in place of its own.
        Nothing to a picture.

    Returns
    -------
    ndarray or Cube
        A picture is (H, W, 3) sRGB values: uint8, uint16, or float32 in [0, 1]. A cube has 31 bands, 400:10:700 nm.

    Raises
    ------
    ValueError
        Where the file is missing, damaged, or neither a picture nor a hyperspectral scene that `cube.read` takes.

    See Also
    --------
    camsim.io.image.read_native : The pictures understood.
    camsim.scene.cube.read : The hyperspectral scenes understood.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     image.write(f"{folder}/a.png", np.full((2, 3, 3), 0.5))
    ...     cube.write(f"{folder}/b.npz", np.full((2, 3, 31), 0.5), np.arange(400, 701, 10), "reflectance")
    ...     picture, scene = read(f"{folder}/a.png"), read(f"{folder}/b.npz")
    >>> picture.dtype.name, scene.kind, scene.values.shape
    ('uint8', 'reflectance', (2, 3, 31))
    """
    if Path(path).suffix.lower() in cube.SUFFIXES:
        return cube.read(path, kind=kind, wavelength_nm=wavelength_nm)
    return image.read_native(path)
