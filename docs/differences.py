"""Pictures and numbers of differences.md: `python docs/differences.py` writes the one and prints the other."""

import math
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from camsim import camera_file, pipeline
from camsim.camera import Camera
from camsim.camera_parts import Optics, Sensor
from camsim.dataset import photographs
from camsim.image_formation import cosine_series, electron_rate, transfer
from camsim.io import image
from camsim.io.resize import resize
from camsim.isetcam import lens as isetcam_lens
from camsim.isetcam import pipeline as isetcam
from camsim.isetcam import sensor
from camsim.light.colour import linear_to_xyz, srgb_decode
from camsim.optics import diffraction
from camsim.optics import lens as optics
from camsim.scene import radiance
from camsim.sensor import pixels as sensing

IMAGES = Path(__file__).parent / "images"
OURS, THEIRS, INK, GREY = "#0b7a75", "#d1495b", "#1a1a1a", "#8a8a8a"

#: ISETCam's own exposure times, s, under GNU Octave: eight runs of a ColorChecker (shortest, longest) at f/4 on
#: 2.8 µm pixels, after what its rule gives without noise; one run of a white picture at f/22, 1 µm pixels.
CHECKER_S, WHITE_F22_S = (0.05778, 0.05732, 0.05757), 36.856

FOCAL_MM = 3.862755099228297

plt.rcParams.update(
    {
        "font.size": 10,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e6e6e6",
        "legend.frameon": False,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "figure.constrained_layout.use": True,
    }
)


def default(*changes: str) -> Camera:
    """The default camera, f/4 with 1 µm pixels, without noise."""
    return camera_file.override(Camera(name="default"), ["sensor.noise=false", *changes])


def theirs(*changes: str) -> Camera:
    """ISETCam's, with the same pixels."""
    return camera_file.override(
        camera_file.load("isetcam"), ["sensor.noise=false", "sensor.pixel_pitch_um=1", *changes]
    )


def photograph(side: int) -> np.ndarray:
    return resize(image.read(photographs.builtin("astronaut").path), (side, side))  # it is square


def save(figure, name: str, *, legend) -> None:
    """Write a figure with one legend below, of what the axes `legend` have."""
    figure.legend(*legend.get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=9)
    figure.savefig(IMAGES / f"differences-{name}.png", dpi=110, facecolor="white")
    plt.close(figure)


def save_photos(name: str, rows: list[tuple[str, list[tuple[str, np.ndarray]]]], side: float = 2.9) -> None:
    """Pictures in labelled rows and columns."""
    columns = len(rows[0][1])
    figure, axes = plt.subplots(len(rows), columns, figsize=(side * columns + 0.3, (side + 0.3) * len(rows)))
    for line, (label, pictures) in zip(np.atleast_2d(axes), rows, strict=True):
        for ax, (title, rgb) in zip(line, pictures, strict=True):
            ax.imshow(image.quantise(rgb), interpolation="antialiased")
            ax.set(title=title, xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            ax.grid(visible=False)
        line[0].set_ylabel(label, fontweight="bold", fontsize=11)
    figure.savefig(IMAGES / "new.png", dpi=110, facecolor="white")
    plt.close(figure)
    with Image.open(IMAGES / "new.png") as picture:
        picture.convert("RGB").save(IMAGES / f"differences-{name}.jpg", quality=86, optimize=True)
    (IMAGES / "new.png").unlink()


def luminance(linear: np.ndarray) -> np.ndarray:
    return linear_to_xyz(linear)[..., 1] / 100


# --- the differences ------------------------------------------------------------------------------------------------


def borders() -> None:
    """A white picture, reduced to 32 × 32 in linear light: its border over its centre."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.1), sharey=True)
    for ax, fnumber in zip(axes, (4, 22), strict=True):
        found = []
        for view, colour, label in ((default, OURS, "default"), (theirs, THEIRS, "isetcam")):
            done = pipeline.render(np.ones((128, 128, 3)), view(f"optics.fnumber={fnumber}"))
            small = luminance(resize(done.linear, (32, 32), done.box))
            profile = small[12:20].mean(axis=0) / small[15:17, 15:17].mean()
            found.append(profile[[0, -1]].mean())
            ax.step(np.arange(32), profile, where="mid", color=colour, linewidth=2, label=label)
        ax.set(title=f"f/{fnumber}", xlabel="column of 32", xlim=(-0.5, 31.5), ylim=(0.7, 1.05))
        print(f"1 borders, f/{fnumber}: outermost column over centre: {found[1]:.3f} (isetcam), {found[0]:.4f}")
    axes[0].set_ylabel("luminance over centre")
    save(figure, "borders", legend=axes[0])


def grating_exact(pitch_um: float, cycles_per_mm: np.ndarray) -> np.ndarray:
    """MTF of the default camera's pixel: contrast in which it sees gratings at 550 nm, over that behind the lens."""
    pixels = 32
    width = pixels * pitch_um
    fine_um = width / round(width / 0.25)
    fov = 2 * math.degrees(math.atan(width * 1e-3 / 2 / Optics().focal_length_mm))
    view = default(f"scene.fov_deg={fov}", f"sensor.pixel_pitch_um={pitch_um}", "optics.fnumber=1", "sensor.cfa=mono")
    x = (np.arange(round(width / fine_um)) + 0.5) * fine_um
    seen_at = (np.arange(pixels) + 0.5) * pitch_um
    contrast = []
    for frequency in cycles_per_mm:
        photons = np.zeros((2, len(x), 31))
        photons[..., 15] = 1 + np.cos(2e-3 * np.pi * frequency * x)
        rate = electron_rate.electron_rate_spectral(photons, view)[0][0]
        waves = np.stack([np.ones(pixels), np.cos(2e-3 * np.pi * frequency * seen_at)], axis=1)
        mean, amplitude = np.linalg.lstsq(waves, rate, rcond=None)[0]
        contrast.append(amplitude / mean)
    lens = diffraction.diffraction_otf(cycles_per_mm, 550, 1) * np.sinc(cycles_per_mm * fine_um * 1e-3)
    return np.array(contrast) / lens


def grating_isetcam(pitch_um: float, spacing_um: float, cycles_per_mm: np.ndarray) -> np.ndarray:
    """The same of ISETCam's: contrast of gratings on its grid of samples, over that of the samples."""
    pixels = 2000 if pitch_um < 10 else 400
    samples = math.ceil((pixels + 4) * pitch_um / spacing_um)
    contrast = []
    for frequency in cycles_per_mm:
        phase = 2e-3 * np.pi * frequency * spacing_um * (np.arange(samples) - (samples - 1) / 2)
        density = np.broadcast_to((1 + np.cos(phase))[None, :, None], (64, samples, 1))
        tile = np.zeros((2, 2), int)
        seen = sensor.sample(density, spacing_um, (2, pixels), pitch_um, tile)[0]
        at = 2e-3 * np.pi * frequency * pitch_um * (np.arange(pixels) - (pixels - 1) / 2)
        waves = np.stack([np.ones(pixels), np.cos(at), np.sin(at)], axis=1)
        mean, *amplitude = np.linalg.lstsq(waves, seen, rcond=None)[0]
        contrast.append(np.hypot(*amplitude) / mean)
    return np.array(contrast)


def mtf_isetcam(pitch_um: float, spacing_um: float, cycles_per_mm: np.ndarray) -> np.ndarray:
    """A Gaussian of k = ⌈pitch/spacing⌉ taps, σ = k/4, then linear interpolation: its sum times sinc²."""
    taps = math.ceil(pitch_um / spacing_um)
    place = np.arange(taps) - (taps - 1) / 2
    kernel = np.exp(-((place / (taps / 4)) ** 2) / 2)
    phase = 2e-3 * np.pi * np.outer(cycles_per_mm, place * spacing_um)
    return np.abs(np.cos(phase) @ (kernel / kernel.sum())) * np.sinc(cycles_per_mm * spacing_um * 1e-3) ** 2


def aperture() -> None:
    """MTF of one pixel, computed and measured with gratings."""
    spacing_um = isetcam_lens.sample_spacing_um(128, 128 * 0.03031901382905619, 0.5, FOCAL_MM)
    limit = 500 / spacing_um
    print(f"2 pixel aperture: isetcam's samples are {spacing_um:.3f} µm apart")
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.3), sharey=True)
    for ax, pitch in zip(axes, (1.0, 2.8, 25.0), strict=True):
        side = sensing.aperture_side_mm(Sensor(pixel_pitch_um=pitch))
        f = np.linspace(0, 1500 / pitch, 601)
        orders = np.array([3, 7, 11, 17, 23, 29, 35, 41, 47, 53, 59, 67, 73, 79, 85, 91])
        ours_at = orders / (2 * 32 * pitch * 1e-3)
        near = ours_at[ours_at < 0.98 * limit]
        ax.plot(f, np.abs(sensing.aperture_mtf(f, side)), color=OURS, linewidth=2, label="default: box")
        ax.plot(ours_at, np.abs(grating_exact(pitch, ours_at)), "o", color=OURS, markersize=4, label="measured")
        theirs_f = f[f <= limit]
        curve = mtf_isetcam(pitch, spacing_um, theirs_f)
        ax.plot(theirs_f, curve, color=THEIRS, linewidth=2, label="isetcam: Gaussian, bilinear")
        ax.plot(near, grating_isetcam(pitch, spacing_um, near), "s", color=THEIRS, markersize=4, label="measured")
        if limit < f[-1]:
            ax.axvline(limit, color=THEIRS, linewidth=1, linestyle=":")
            ax.annotate(
                "its samples\nend here",
                (limit, 0.4 if pitch == 1 else 0.83),
                (6, 0),
                textcoords="offset points",
                color=THEIRS,
                size=9,
            )
        ax.axvline(500 / pitch, color=GREY, linewidth=1, linestyle="--", label="pixels' Nyquist limit")
        ax.xaxis.set_major_locator(plt.MaxNLocator(5))
        ax.set(title=f"{pitch:g} µm pixels", xlabel="cycles/mm", xlim=(0, f[-1]), ylim=(0, 1.03))
        error = np.abs(np.abs(grating_exact(pitch, ours_at)) - np.abs(sensing.aperture_mtf(ours_at, side))).max()
        nyquist = np.array([500 / pitch])
        box, gauss = sensing.aperture_mtf(nyquist, side)[0], mtf_isetcam(pitch, spacing_um, nyquist)[0]
        gauss = f"{gauss:.3f}" if nyquist[0] <= limit else "0"
        print(
            f"2 pixel aperture, {pitch:g} µm: MTF at {nyquist[0]:.0f} cycles/mm, the pixels' Nyquist limit: "
            f"{gauss} (isetcam), {box:.3f}; measured differs from sinc by {error:.1e} at most"
        )
    axes[0].set_ylabel("MTF of a pixel")
    save(figure, "aperture", legend=axes[0])


def truncation() -> None:
    """One bright pixel of 128 × 128 at 550 nm: light behind the lens over light that came in, and what is negative."""
    n, fov, band = 128, 128 * 0.03031901382905619, 15
    photons = np.zeros((n, n, 31))
    photons[n // 2, n // 2] = 1.0
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.5))
    for ax, fnumber in zip(axes, (4, 22), strict=True):
        lens: dict[str, Any] = {"fov_deg": fov, "distance_m": 0.5, "fnumber": fnumber, "focal_length_mm": FOCAL_MM}
        light, spacing = isetcam_lens.irradiance(photons, relative_illumination=False, **lens)
        kept = light[..., band] / optics.radiance_to_irradiance(Optics(fnumber=fnumber), 0.5)
        f = np.fft.fftfreq(len(kept), isetcam_lens.sample_spacing_um(n, fov, math.inf, FOCAL_MM) * 1e-3)
        signed = np.fft.fftshift(np.fft.ifft2(diffraction.diffraction_otf(np.hypot(f[:, None], f), 550, fnumber)).real)
        row, x = len(kept) // 2, (np.arange(len(kept)) - len(kept) // 2) * spacing

        fine, y, fine_x = image_of(photons[..., band], default(f"optics.fnumber={fnumber}", f"scene.fov_deg={fov}"))
        peak = fine.max()
        across = fine[np.argmin(np.abs(y))]
        reach = 8 * 0.55 * fnumber
        ax.semilogy(fine_x, np.maximum(across, 1e-9), color=OURS, linewidth=1.6, label="default")
        ax.semilogy(
            x, np.maximum(kept[row] / spacing**2, 1e-9), "o-", color=THEIRS, markersize=4, linewidth=1, label="isetcam"
        )
        below = signed[row] < -1e-6 * signed.max()
        ax.semilogy(
            x[below],
            kept[row][below] / spacing**2,
            "o",
            color="white",
            markeredgecolor=THEIRS,
            markersize=6.5,
            label="isetcam, negative before |·|" if fnumber == 4 else None,
        )
        ax.set(title=f"f/{fnumber}", xlabel="µm from the point", xlim=(-reach, reach), ylim=(2e-5 * peak, 3 * peak))
        area = (y[1] - y[0]) * (fine_x[1] - fine_x[0])
        print(
            f"3 truncation, f/{fnumber}: light out over light in: {kept.sum():.4f} (isetcam; "
            f"{100 * np.maximum(-signed, 0).sum():.2f} % negative before its |·|), {fine.sum() * area:.4f}; "
            f"least value over peak: {signed.min() / signed.max():.1e}, {fine.min() / peak:.1e}"
        )
    axes[0].set_ylabel("light per µm², 1 in all")
    save(figure, "truncation", legend=axes[0])
    photons = isetcam.radiance(isetcam.decode(photograph(n)))
    kept = isetcam_lens.irradiance(photons, **(lens | {"fnumber": 4, "relative_illumination": False}))[0].sum()
    gain = optics.radiance_to_irradiance(Optics(fnumber=4), 0.5)
    print(
        f"  a photograph of 128 × 128 pixels, f/4: light out over light in: {kept / photons.sum() / gain:.5f} (isetcam)"
    )


def image_of(plane: np.ndarray, view: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One band behind the default camera's lens, light per µm² over the light of `plane`, at fine points y × x, µm.

    What `irradiance` does, but nothing is clipped. The origin is the middle of the pixel after the centre.
    """
    at = transfer.frequencies(view, *plane.shape)
    factor = transfer.lens_terms(view, 550.0, at)[0].factor * cosine_series.series(plane[None], at.orders)[0]
    waves, places = [], []
    for extent, orders, pixels in zip((at.height_mm, at.width_mm), at.orders, plane.shape, strict=True):
        fine = (np.arange(2048) + 0.5) * extent / 2048
        waves.append(cosine_series.basis(fine, extent, orders))
        places.append((fine - (pixels // 2 + 0.5) * extent / pixels) * 1e3)
    total = plane.mean() * at.height_mm * at.width_mm * 1e6
    return waves[0] @ factor @ waves[1].T / total, *places


def exposure_rule() -> None:
    """What measuring the exposure through noise does: the brightest of some pixels after one second."""
    rng = np.random.default_rng(0)
    white = pipeline.render(np.ones((128, 128, 3)), theirs("optics.fnumber=22"))
    if white.exposure_s is None:
        raise ValueError("the camera has no sensor")
    cases = (
        ("f/4, 2.8 µm pixels, ColorChecker", CHECKER_S[0], CHECKER_S[1:]),
        ("f/22, 1 µm pixels, white", white.exposure_s, (WHITE_F22_S,)),
    )
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.3))
    counts = 2 ** np.arange(9)
    for ax, (label, clean, found) in zip(axes, cases, strict=True):
        mean = 0.95 * 10_000 / clean + 10  # electrons after one second, and dark ones
        seen = rng.poisson(mean, (2000, counts[-1])) + 10 * rng.standard_normal((2000, counts[-1]))
        ratio = np.stack([0.95 * 10_000 / seen[:, :count].max(axis=1) / clean for count in counts], axis=1)
        low, middle, high = np.percentile(ratio, [2.5, 50, 97.5], axis=0)
        ax.fill_between(
            counts, low, high, color=THEIRS, alpha=0.2, linewidth=0, label="its rule, simulated: 95 % of runs"
        )
        ax.plot(counts, middle, color=THEIRS, linewidth=1.5, label="median")
        for number, time in enumerate(found):
            label_once = "measured with ISETCam" if not number else None
            ax.axhline(time / clean, color=THEIRS, linewidth=1.5, linestyle="--", label=label_once)
        ax.axhline(1.0, color=OURS, linewidth=2.5, label="default, any seed")
        ax.set(title=label, xlabel="pixels that measure", xlim=(1, counts[-1]))
        ax.set_xscale("log", base=2, subs=[])
        ax.xaxis.set_major_formatter("{x:.0f}")
        seconds, shares = (
            " to ".join(f"{value:#.4g}" for value in values) for values in (found, np.divide(found, clean))
        )
        print(f"4 automatic exposure, {label}: {seconds} s (ISETCam), {clean:#.4g} s without noise: {shares} of it")
    axes[0].set_ylabel("exposure over that without noise")
    save(figure, "auto-exposure", legend=axes[0])
    picture, noisy = photograph(128), camera_file.override(default(), ["sensor.noise=true"])
    times = {pipeline.render(picture, noisy, seed=seed).exposure_s for seed in range(8)}
    print(f"  default camera, noise on, eight seeds: {len(times)} exposure time")


def exposure_visible() -> None:
    """The same photograph two stops apart."""
    picture = photograph(256)
    rows = []
    for view, label in ((default, "default"), (theirs, "isetcam")):
        done = [pipeline.render(picture, view("scene.fov_deg=3.881", f"sensor.exposure_ev={ev}")) for ev in (0, -2)]
        shown = [luminance(srgb_decode(one.rgb)).mean() for one in done]
        inner = [luminance(one.linear).mean() for one in done]
        rows.append((label, [("−2 EV" if ev else "0 EV", one.rgb) for ev, one in zip((0, -2), done, strict=True)]))
        print(
            f"5 two stops under, {label}: mean luminance of the sRGB picture {shown[1] / shown[0]:.3f} of that "
            f"at 0 EV, of the linear result {inner[1] / inner[0]:.3f}"
        )
    save_photos("exposure", rows)


def edge_width(view: Camera, columns: int) -> float:
    """10 to 90 % width of a black-white edge down the middle of a picture, as a share of the picture's width."""
    step = np.zeros((columns // 4, columns, 3))
    step[:, columns // 2 :] = 1.0
    done = pipeline.render(step, view)
    profile = luminance(done.linear)
    profile = profile[len(profile) // 2 - 2 : len(profile) // 2 + 2].mean(axis=0)
    x = (np.arange(len(profile)) + 0.5) / len(profile)
    low, high = (profile[np.abs(x - place) < 0.05].mean() for place in (0.25, 0.75))
    middle = np.abs(x - 0.5) < 0.2
    at = np.interp([0.1, 0.9], (profile[middle] - low) / (high - low), x[middle])
    return at[1] - at[0]


def field_of_view() -> None:
    """The same photograph with 128 and with 256 columns."""
    rows = []
    for view, label in ((default, "default"), (theirs, "isetcam")):
        camera_f22 = view("optics.fnumber=22")
        rows.append((label, [(f"{n} px", pipeline.render(photograph(n), camera_f22).rgb) for n in (128, 256)]))
        fov = [radiance.fov_deg(camera_f22.scene, n) for n in (128, 256)]
        width = [100 * edge_width(camera_f22, n) for n in (128, 256)]
        print(
            f"6 field of view, {label}: {fov[0]:.3f}° and {fov[1]:.3f}° wide with 128 and 256 columns; "
            f"edge 10–90 %: {width[0]:.2f} and {width[1]:.2f} % of the width"
        )
    save_photos("field-of-view", rows)


def white() -> None:
    """The linear values that a white picture gets, in its middle."""
    for view, label in ((default, "default"), (theirs, "isetcam")):
        linear = pipeline.render(np.ones((64, 64, 3)), view()).linear
        middle = linear[len(linear) // 2, linear.shape[1] // 2]
        print(f"7 white, {label}: red, green, blue {', '.join(f'{value:.3f}' for value in middle)}")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for part in (borders, aperture, truncation, exposure_rule, exposure_visible, field_of_view, white):
        part()
