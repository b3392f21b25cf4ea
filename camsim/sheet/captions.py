"""A camera's numbers in words, for its sheet."""

from camsim.camera import Camera
from camsim.schema.fields import default, fields
from camsim.sensor import pixels
from camsim.shot import Stages

#: Keys that are told only where they are not as usual: aberrations, aperture, light, defects, black level.
_ONLY_WHERE_CHANGED = (
    *("illuminant", "distance_m", "mean_luminance_cd_m2", "transmittance", "blades", "obscuration", "defocus_dpt"),
    *("chromatic_defocus_dpt", "zernike_um", "relative_illumination", "missing_fraction", "stuck_fraction"),
    *("black_level_dn", "defect_correction"),
)


def number(value: float) -> str:
    """Three digits, without an exponent where that is readable."""
    return f"{value:,.0f}" if 100 <= value < 1e6 else f"{value:.3g}"


def numbers(stages: Stages, camera: Camera) -> tuple[str, str, str]:
    """The camera's numbers in two lines, and what else is not as usual in a third."""
    first = _lens_and_exposure(stages, camera)
    second = [*_sensor(camera), *_processor(camera)]
    return "   ·   ".join(first), "   ·   ".join(second), "   ·   ".join(_changed(camera))


def _lens_and_exposure(stages: Stages, camera: Camera) -> list[str]:
    lens, sensor, exposure_s = camera.optics, camera.sensor, stages.exposure_s
    rows, columns = stages.electrons.shape
    aperture = "PSF from a file" if lens.psf_file else f"f/{lens.fnumber:g}"
    time = f"{number(exposure_s * 1e3)} ms" if exposure_s < 1 else f"{number(exposure_s)} s"
    rule = "given" if sensor.exposure_s is not None else f"automatic ({sensor.auto_exposure})"
    return [
        f"{aperture}, focal length {lens.focal_length_mm:.4g} mm",
        f"field of view {stages.fov_deg:.4g}° wide",
        f"{columns}×{rows} pixels of {sensor.pixel_pitch_um:g} µm, fill factor {sensor.fill_factor:g}, {sensor.cfa}",
        *([f"{sensor.binning}×{sensor.binning} binning"] if sensor.binning > 1 else []),
        f"exposure {time}, {rule}" + (f" {sensor.exposure_ev:+g} EV" if sensor.exposure_ev else ""),
    ]


def _sensor(camera: Camera) -> list[str]:
    """Noise, full well and ADC of the pixels as they are read."""
    sensor, read = camera.sensor, pixels.as_read(camera.sensor)
    noise = "no noise"
    if sensor.noise:
        noise = f"shot noise, read noise {read.read_noise_e:.4g} e⁻, dark current {read.dark_current_e_per_s:.4g} e⁻/s"
        pattern = (read.prnu, read.dsnu_e, read.column_gain_fpn, read.column_offset_fpn_e)
        noise += ", pattern noise" if any(pattern) else ""
    return [
        noise,
        f"full well {read.full_well_e:,.0f} e⁻",
        f"{sensor.bit_depth}-bit ADC" if sensor.bit_depth else "no ADC",
        *([f"analog gain {sensor.analog_gain:g}"] if sensor.analog_gain != 1 else []),
    ]


def _changed(camera: Camera) -> list[str]:
    """What else is not as usual, of `_ONLY_WHERE_CHANGED`."""
    words = []
    for key, field in fields(Camera):
        table, _, name = key.rpartition(".")
        if name in _ONLY_WHERE_CHANGED and table:
            value = getattr(getattr(camera, table), name)
            if value != default(field):
                words.append(f"{key} = {list(value) if isinstance(value, tuple) else value}")
    return words


def _processor(camera: Camera) -> list[str]:
    if camera.method == "isetcam":
        return ["ISETCam's processor"]
    isp = camera.isp
    balance = isp.white_balance if isinstance(isp.white_balance, str) else "given gains"
    matrix = isp.color_matrix if isinstance(isp.color_matrix, str) else "given"
    return [
        *(["defects corrected"] if isp.defect_correction else []),
        f"{isp.demosaic} demosaicing",
        "no white balance" if balance == "none" else f"white balance: {balance}",
        "no colour matrix" if matrix == "none" else f"colour matrix: {matrix}",
        "sRGB curve" if isp.tone == "srgb" else "linear",
    ]
