"""A camera as a frozen value, made of its parts (`camsim.camera_parts`).

`camsim settings --keys` prints every field; `camsim.camera_file` reads and writes them as TOML.
"""

import math
import re
from typing import Literal

from camsim.camera_parts import ISP, Optics, Scene, Sensor
from camsim.schema.fields import default, own_fields, part, plain
from camsim.schema.frozen import Frozen, changed, frozen
from camsim.schema.wording import word


@frozen
class Camera(Frozen):
    """Everything that decides what happens to a picture, apart from the picture and the seed.

    What a camera file calls "auto" is None here.

    Examples
    --------
    >>> import camsim
    >>> camsim.Camera(name="wide", optics=camsim.Optics(fnumber=2.0))
    Camera('wide', optics.fnumber=2)
    """

    name: str = plain("camera", "becomes part of file names")
    description: str = plain("", "one line")
    ideal: bool = plain(False, "the picture passes unchanged: no lens, sensor or processor")
    method: Literal["exact", "isetcam"] = plain(
        "exact", "isetcam: that simulator's own approximations, to compare with it"
    )
    scene: Scene = part(Scene, "how the picture stands before the lens")
    optics: Optics = part(Optics, "the lens")
    sensor: Sensor = part(Sensor, "pixels, noise, exposure and ADC")
    isp: ISP = part(ISP, "the image processor")

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.+-]*", self.name):
            raise ValueError(f"name = {self.name!r} must be letters, digits, '_', '-', '+' or '.'")
        if self.scene.distance_m * 1e3 <= 2 * self.optics.focal_length_mm:
            raise ValueError(
                f"scene.distance_m = {self.scene.distance_m} must be more than twice the focal length "
                f"({self.optics.focal_length_mm} mm)"
            )
        colours = sorted(set("".join(self.sensor.tile)))
        if isinstance(self.isp.white_balance, tuple) and len(self.isp.white_balance) != len(colours):
            raise ValueError(f"isp.white_balance must have {len(colours)} gains, one per colour of {self.sensor.cfa!r}")
        if isinstance(self.isp.color_matrix, tuple) and len(colours) != 3:
            raise ValueError(f"isp.color_matrix of 9 numbers needs a sensor of 3 colours, not {self.sensor.cfa!r}")
        if self.isp.color_matrix == "none" and len(colours) > 1 and not {"r", "g", "b"} <= set(colours):
            raise ValueError(f"isp.color_matrix = 'none' needs a sensor with r, g and b, not {self.sensor.cfa!r}")
        if self.isp.demosaic != "bilinear" and not self.sensor.is_bayer:
            raise ValueError(f"isp.demosaic = {self.isp.demosaic!r} needs a Bayer tile, not {self.sensor.cfa!r}")
        by_light = self.sensor.auto_exposure == "incident" and self.sensor.exposure_s is None
        if by_light and self.scene.mean_luminance_cd_m2 is not None:
            raise ValueError(
                "sensor.auto_exposure = 'incident' meters scene.luminance_cd_m2, not the picture: "
                "it cannot stand beside scene.mean_luminance_cd_m2"
            )
        if self.method == "isetcam":
            _check_isetcam(self)

    def __repr__(self) -> str:
        known = {key: value for key, value in changed(self).items() if key not in ("name", "description")}
        return f"Camera({', '.join([repr(self.name), *(f'{key}={word(v)}' for key, v in known.items())])})"


def _check_isetcam(camera: Camera) -> None:
    """Refuse what the isetcam method does not model, rather than leave it out in silence."""
    modelled = {
        "scene": {"fov_deg", "pixel_deg", "distance_m", "luminance_cd_m2", "mean_luminance_cd_m2", "illuminant"},
        "optics": {"fnumber", "focal_length_mm", "transmittance", "transmittance_file", "relative_illumination"},
        "isp": {"tone"},
    }
    for table, names in modelled.items():
        values = getattr(camera, table)
        for name, field in own_fields(type(values)).items():
            if name not in names and getattr(values, name) != default(field):
                raise ValueError(f"{table}.{name} is not modelled with method = 'isetcam'")
    if camera.sensor.columns is not None:
        raise ValueError("sensor.columns and sensor.rows are not modelled with method = 'isetcam'")
    if math.isinf(camera.scene.distance_m):
        raise ValueError("scene.distance_m must be finite with method = 'isetcam'")
    if camera.sensor.auto_exposure == "incident":
        raise ValueError("sensor.auto_exposure = 'incident' is not modelled with method = 'isetcam'")
    if camera.sensor.black_level_dn:
        raise ValueError("sensor.black_level_dn is not modelled with method = 'isetcam'")
    if camera.sensor.binning != 1 or not camera.sensor.is_bayer:
        raise ValueError("method = 'isetcam' needs a Bayer tile and no binning")
