"""A camera's numbers in words, for its sheet."""

from camsim.camera import Camera
from camsim.camera_file import fields
from camsim.sensor import pixels
from camsim.shot import Stages


def number(value: float) -> str:
    """Three digits, without an exponent where that is readable."""
    return f"{value:,.0f}" if 100 <= value < 1e6 else f"{value:.3g}"


def numbers(stages: Stages, camera: Camera) -> tuple[str, str, str]:
    """The camera's numbers in two lines, and what else is not as usual in a third."""
    lens, chip, read = camera.optics, camera.sensor, pixels.as_read(camera.sensor)
    rows, columns = stages.electrons.shape
    exposure_s = stages.exposure_s
    time = f"{number(exposure_s * 1e3)} ms" if exposure_s < 1 else f"{number(exposure_s)} s"
    rule = "given" if chip.exposure_s is not None else f"automatic ({chip.auto_exposure})"
    glass = "PSF from a file" if lens.psf_file else f"f/{lens.fnumber:g}"
    first = [
        f"{glass}, focal length {lens.focal_length_mm:.4g} mm",
        f"field of view {stages.fov_deg:.4g}° wide",
        f"{columns}×{rows} pixels of {chip.pixel_pitch_um:g} µm, fill factor {chip.fill_factor:g}, {chip.cfa}",
        *([f"{chip.binning}×{chip.binning} binning"] if chip.binning > 1 else []),
        f"exposure {time}, {rule}" + (f" {chip.exposure_ev:+g} EV" if chip.exposure_ev else ""),
    ]
    noise = "no noise"
    if chip.noise:
        noise = f"shot noise, read noise {read.read_noise_e:.4g} e⁻, dark current {read.dark_current_e_per_s:.4g} e⁻/s"
        pattern = (read.prnu, read.dsnu_e, read.column_gain_fpn, read.column_offset_fpn_e)
        noise += ", pattern noise" if any(pattern) else ""
    second = [
        noise,
        f"full well {read.full_well_e:,.0f} e⁻",
        f"{chip.bit_depth}-bit ADC" if chip.bit_depth else "no ADC",
    ]
    second += [f"analog gain {chip.analog_gain:g}"] if chip.analog_gain != 1 else []
    return "   ·   ".join(first), "   ·   ".join([*second, _processor(camera)]), "   ·   ".join(_changed(camera))


def _changed(camera: Camera) -> list[str]:
    """What else is not as usual: aberrations, aperture, light, defects, black level."""
    keys = ("illuminant", "distance_m", "mean_luminance_cd_m2", "transmittance", "blades", "obscuration", "defocus_dpt")
    keys += ("chromatic_defocus_dpt", "zernike_um", "relative_illumination", "missing_fraction", "stuck_fraction")
    keys += ("black_level_dn", "defect_correction")
    words = []
    for key, entry in fields():
        table, _, name = key.rpartition(".")
        if name in keys and table:
            value = getattr(getattr(camera, table), name)
            if value != entry.default:
                words.append(f"{key} = {list(value) if isinstance(value, tuple) else value}")
    return words


def _processor(camera: Camera) -> str:
    if camera.method == "isetcam":
        return "ISETCam's processor"
    isp = camera.isp
    balance = isp.white_balance if isinstance(isp.white_balance, str) else "given gains"
    matrix = isp.color_matrix if isinstance(isp.color_matrix, str) else "given"
    parts = [
        f"{isp.demosaic} demosaicing",
        "no white balance" if balance == "none" else f"white balance: {balance}",
        "no colour matrix" if matrix == "none" else f"colour matrix: {matrix}",
        "sRGB curve" if isp.tone == "srgb" else "linear",
    ]
    return "   ·   ".join([*(["defects corrected"] if isp.defect_correction else []), *parts])
