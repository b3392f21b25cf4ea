"""Aberrated lenses against published formulas, direct integrals, and where rays go."""

import math

import numpy as np
import pytest
from scipy.special import j0, j1

from camsim.camera_parts import Optics
from camsim.optics import aperture, diffraction, pupil, wavefront, zernike

N, WAVELENGTH = 4.0, 550.0
RADII = 2 * N * WAVELENGTH * 1e-6  # shift of the pupil, in its radii, per cycle/mm
CUTOFF = 2 / RADII


def zernikes(**waves) -> tuple[float, ...]:
    """Coefficients in µm from waves rms at 550 nm: zernikes(j4=0.1)."""
    values = [0.0] * 66
    for name, value in waves.items():
        values[int(name[1:])] = value * WAVELENGTH * 1e-3
    return tuple(values)


def lens(**fields) -> Optics:
    return Optics(fnumber=N, **fields)


def otf(view: Optics, fy, fx) -> tuple[np.ndarray, np.ndarray]:
    return wavefront.otf(view, N, WAVELENGTH, np.asarray(fy, dtype=float), np.asarray(fx, dtype=float))


# --- defocus ----------------------------------------------------------------------------------------------------------


def test_dioptres_in_the_lens_are_zernike_defocus():
    radius = 3.862755 / (2 * N)
    dioptres = 5.0
    f = np.linspace(0, CUTOFF, 40)
    by_power = otf(lens(defocus_dpt=dioptres), f, f)[0]
    by_zernike = otf(lens(zernike_um=(0, 0, 0, 0, dioptres * radius**2 / (4 * math.sqrt(3)))), f, f)[0]
    assert aperture.radius_mm(lens()) == pytest.approx(radius)
    assert np.abs(by_power).min() < 0.01 and np.abs(by_power - diffraction.diffraction_otf(0, 550, N)).max() > 0.1
    np.testing.assert_allclose(by_power, by_zernike, atol=1e-12)


def test_chromatic_defocus():
    view = lens(chromatic_defocus_dpt=2.0, focus_wavelength_nm=550)
    assert zernike.defocus_dpt(view, 550) == 0
    assert zernike.defocus_dpt(view, 486.1) - zernike.defocus_dpt(view, 656.3) == pytest.approx(2)
    assert zernike.defocus_dpt(view, 450) > 0 > zernike.defocus_dpt(view, 650)  # glass bends blue more
    halfway = (0.5 * (450**-2 + 650**-2)) ** -0.5  # linear in 1/λ²
    both = zernike.defocus_dpt(view, 450) + zernike.defocus_dpt(view, 650)
    assert zernike.defocus_dpt(view, halfway) == pytest.approx(both / 2)
    f = np.linspace(0, CUTOFF, 30)
    np.testing.assert_allclose(
        otf(view, f, f)[0], diffraction.diffraction_otf(np.hypot(f[:, None], f), 550, N), atol=1e-12
    )
    assert np.abs(
        wavefront.otf(view, N, 450, f, f)[0] - diffraction.diffraction_otf(np.hypot(f[:, None], f), 450, N)
    ).max() > (0.02)


# --- OTF --------------------------------------------------------------------------------------------------------------


def test_without_aberrations_the_closed_form():
    f = np.linspace(0, 1.2 * CUTOFF, 60)
    plus, minus = otf(lens(zernike_um=(0.3,)), f, f)  # piston does nothing
    expected = diffraction.diffraction_otf(np.hypot(f[:, None], f), WAVELENGTH, N)
    assert np.array_equal(plus, expected) and np.array_equal(minus, expected)


def lens_integral(waves: dict, fy: float, fx: float, nodes: int = 100) -> complex:
    """H of a round pupil by Gauss quadrature over the lens-shaped overlap, with the wavefront written out."""

    def wave(x, y):
        r2 = x * x + y * y
        terms = {
            3: math.sqrt(6) * 2 * x * y,
            4: math.sqrt(3) * (2 * r2 - 1),
            6: math.sqrt(8) * (3 * x * x * y - y**3),
            7: math.sqrt(8) * (3 * r2 - 2) * y,
            8: math.sqrt(8) * (3 * r2 - 2) * x,
            12: math.sqrt(5) * (6 * r2**2 - 6 * r2 + 1),
        }
        return sum(value * terms[int(name[1:])] for name, value in waves.items())

    sx, sy = fx * RADII, -fy * RADII  # fy down, pupil up
    s = math.hypot(sx, sy)
    if s >= 2:
        return 0.0
    c, d = (sx / s, sy / s) if s else (1.0, 0.0)
    t, weight = np.polynomial.legendre.leggauss(nodes)
    angle = t * math.acos(s / 2)  # across the shift by an angle, which takes the root out of the border
    half = np.cos(angle) - s / 2
    along, across = half[:, None] * t, np.sin(angle)[:, None]

    def at(offset):
        return wave((along + offset) * c - across * d, (along + offset) * d + across * c)

    area = (weight * math.acos(s / 2) * np.cos(angle) * half)[:, None] * weight
    return complex((area * np.exp(2j * math.pi * (at(-s / 2) - at(s / 2)))).sum() / math.pi)


@pytest.mark.slow
@pytest.mark.parametrize(
    "waves",
    [
        {"j4": 0.1},
        {"j4": 1.0},
        {"j3": 1.0},
        {"j6": 1.0},
        {"j7": 1.0},
        {"j12": 1.0},
        {"j3": 0.2, "j4": 0.3, "j6": -0.1, "j7": 0.25, "j8": -0.4, "j12": 0.1},
    ],
)
def test_aberrated_otf_matches_the_direct_integral_to_1e_4(waves):
    rng = np.random.default_rng(0)
    fy, fx = (np.concatenate([[0], rng.random(4) * 0.03, rng.random(5)]) * CUTOFF for _ in range(2))
    plus, minus = otf(lens(zernike_um=zernikes(**waves)), fy, fx)
    expected = [np.array([[lens_integral(waves, y, sign * x) for x in fx] for y in fy]) for sign in (1, -1)]
    np.testing.assert_allclose(plus, expected[0], atol=1e-4)
    np.testing.assert_allclose(minus, expected[1], atol=1e-4)


@pytest.mark.parametrize("waves", [0.25, 0.5, 1.0, 3.0])
def test_defocused_otf_of_hopkins(waves):
    """H(s) = (4/π) ∫₀^{1−s/2} √(1 − (x + s/2)²) cos(4π w s x) dx, w waves of defocus at the rim."""
    s = np.linspace(0, 1.99, 40)
    t, weight = np.polynomial.legendre.leggauss(200)
    expected = []
    for shift in s:
        top = math.acos(shift / 2)
        angle = (t + 1) / 2 * top
        x = np.cos(angle) - shift / 2
        integrand = np.sin(angle) ** 2 * np.cos(4 * math.pi * waves * shift * x)
        expected.append(4 / math.pi * (integrand * weight).sum() * top / 2)
    dioptres = 2 * waves * WAVELENGTH * 1e-3 / aperture.radius_mm(lens()) ** 2
    found = otf(lens(defocus_dpt=dioptres), s / RADII, [0])[0][:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize("waves", [{}, {"j4": 0.2, "j8": 0.15}])
def test_many_blades_are_a_round_aperture(waves):
    f = np.linspace(0, CUTOFF, 50)
    many, round_ = (otf(lens(blades=n, zernike_um=zernikes(**waves)), f, f)[0] for n in (100, 0))
    np.testing.assert_allclose(many, round_, atol=2e-3)


def test_hexagon_turned_by_60_degrees_is_itself_and_turns_counter_clockwise():
    f = np.linspace(0, CUTOFF, 40)
    waves = zernikes(j4=0.3)
    plain, turned, half = (
        otf(lens(blades=6, blade_rotation_deg=turn, zernike_um=waves), f, f) for turn in (10, 70, -10)
    )
    np.testing.assert_allclose(plain, turned, atol=1e-9)
    np.testing.assert_allclose(plain[0], half[1], atol=1e-4)  # its mirror image
    assert np.abs(plain[0] - plain[1]).max() > 0.01


@pytest.mark.parametrize("angle", [90, 60, 200])
@pytest.mark.parametrize("sign", [1, -1])
def test_triangle_out_of_focus(angle, sign):
    """A lens too strong shows the aperture upright, one too weak inverted.

    The former is focused in front of the sensor: rays have crossed there, and the picture is turned by half a turn.
    """
    view = lens(blades=3, blade_rotation_deg=angle, defocus_dpt=sign * 30.0)
    image = wavefront.psf(view, N, WAVELENGTH, 0.8, 161)
    rim_um = 2 * N * abs(view.defocus_dpt) * aperture.radius_mm(view) ** 2  # where rays from the rim arrive
    grid = (np.arange(161) - 80) * 0.8 / rim_um
    radius, azimuth = np.hypot(grid[:, None], grid), np.arctan2(-grid[:, None], grid)
    sides = [np.cos(azimuth - math.radians(angle + turn)) * sign for turn in (60, 180, 300)]
    rays = np.all([radius * side <= 0.5 for side in sides], axis=0) * 1.0  # evenly over the triangle
    rays /= rays.sum()

    def light(image, direction):
        near = np.abs(np.angle(np.exp(1j * (azimuth - math.radians(direction))))) < math.radians(25)
        return image[near & (radius > 0.6) & (radius < 0.9)].sum()

    upright = light(image, angle), light(image, angle + 180)
    assert light(rays, angle) + light(rays, angle + 180) > 0.05  # there is a corner, and only there
    assert upright == pytest.approx((light(rays, angle), light(rays, angle + 180)), abs=0.02)
    assert image[radius < 1.1].sum() > 0.95


@pytest.mark.parametrize(
    "fields",
    [
        {"zernike_um": zernikes(j7=0.3, j8=-0.2, j12=0.2)},
        {"blades": 5, "blade_rotation_deg": 10.0, "defocus_dpt": 5.0},
        {"obscuration": 0.4, "zernike_um": zernikes(j3=0.2, j9=0.2, j1=0.5)},
    ],
)
def test_otf_is_hermitian_bounded_and_cut_off(fields):
    f = np.linspace(0, 1.1 * CUTOFF, 81)
    plus, minus = otf(lens(**fields), f, f)
    aperture = {key: value for key, value in fields.items() if key in ("blades", "blade_rotation_deg", "obscuration")}
    perfect = otf(lens(**aperture), f, f)
    assert plus[0, 0] == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(minus[0], plus[0].conj(), atol=1e-9)  # H(−f) = H*(f)
    np.testing.assert_allclose(minus[:, 0], plus[:, 0], atol=1e-12)
    assert np.abs(plus - minus).max() > 0.01
    beyond = np.hypot(f[:, None], f) >= CUTOFF * (1 + 1e-12)
    for found, bound in zip((plus, minus), perfect, strict=True):
        assert np.all(found[beyond] == 0) and not np.all(found[~beyond] == 0)
        assert (np.abs(found) - np.abs(bound)).max() < (1e-3 if aperture.get("blades") else 1e-4)


@pytest.mark.slow
def test_finer_sampling_changes_nothing(monkeypatch):
    f = np.linspace(0, CUTOFF, 70)
    views = [
        lens(zernike_um=zernikes(j4=0.3, j7=0.2, j9=0.2)),
        lens(obscuration=0.3, zernike_um=zernikes(j12=0.5)),
        lens(blades=6, zernike_um=zernikes(j4=0.5, j8=0.1)),
    ]
    coarse = [otf(view, f, f) for view in views]
    monkeypatch.setattr(pupil, "SAMPLES", (1024,))
    fine = [otf(view, f, f) for view in views]
    for view, a, b in zip(views, coarse, fine, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3 if view.blades else 1e-4)
        assert np.sqrt(np.mean(np.abs(np.subtract(a, b)) ** 2)) < 2e-5


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"blades": 6},
        {"blades": 6, "blade_rotation_deg": 30.0, "defocus_dpt": 2.0},
        {"blades": 6, "blade_rotation_deg": 10.0},
        {"blades": 8, "blade_rotation_deg": 22.5},
        {"blades": 5},
        {"blades": 5, "blade_rotation_deg": 18.0},
        {"blades": 5, "defocus_dpt": 2.0},
        {"blades": 3, "blade_rotation_deg": 15.0},
        {"obscuration": 0.4, "zernike_um": zernikes(j4=0.1, j5=0.2, j12=0.1, j14=0.1)},
        {"zernike_um": zernikes(j3=0.2, j4=0.1)},
        {"zernike_um": zernikes(j7=0.2)},
        {"zernike_um": zernikes(j8=0.2)},
        {"zernike_um": zernikes(j2=0.2)},
        {"zernike_um": (0.4,)},
        {"chromatic_defocus_dpt": 3.0},
    ],
)
def test_symmetry_is_what_the_otf_shows(fields):
    view = lens(**fields)
    f = np.linspace(0, 1.1 * CUTOFF, 60)
    plus, minus = wavefront.otf(view, N, 500, f, f)
    shown = np.abs(plus.imag).max() < 1e-9 and np.abs(plus - minus).max() < 1e-9
    assert shown == wavefront.is_symmetric(view)
    perfect = np.array_equal(plus, diffraction.diffraction_otf(np.hypot(f[:, None], f), 500, N))
    assert perfect != wavefront.is_aberrated(view)


def test_impossible_lenses_are_refused_in_one_line():
    f = np.linspace(0, CUTOFF, 5)
    with pytest.raises(ValueError, match=r"as steep as \d+ waves per aperture radius") as steep:
        otf(lens(zernike_um=zernikes(j4=20)), f, f)
    with pytest.raises(ValueError, match="steep"):
        wavefront.psf(lens(zernike_um=(0, 0, 0, 0, 1e300)), N, 550, 1, 9)
    with pytest.raises(ValueError, match=r"obscuration = 0.6 must be at most 0.5,") as hidden:
        otf(lens(blades=3, obscuration=0.6), f, f)
    with pytest.raises(ValueError, match="at most 1126 µm wide"):
        wavefront.psf(lens(), N, 550, 10, 1001)
    assert all("\n" not in str(error.value) for error in (steep, hidden))


@pytest.mark.parametrize(
    "fields",
    [
        {"zernike_um": zernikes(j7=0.2, j3=0.1)},
        {"zernike_um": zernikes(j5=0.2), "defocus_dpt": 4.0},
        {"blades": 5, "zernike_um": zernikes(j8=0.1), "chromatic_defocus_dpt": 5.0},
    ],
)
def test_bands_that_share_work_are_those_worked_out_alone(monkeypatch, fields):
    view, f, wavelengths = lens(**fields), np.linspace(0, CUTOFF, 30), np.arange(400.0, 701.0, 10.0)
    together = list(wavefront.bands(view, N, wavelengths, f, f))
    most = max(pupil.sampling(view, nm)[1] for nm in wavelengths)
    monkeypatch.setattr(pupil, "SAMPLES", (most,))
    for nm, both in zip(wavelengths, together, strict=True):
        for found, alone in zip(both, wavefront.otf(view, N, nm, f, f), strict=True):
            np.testing.assert_allclose(found, alone, atol=1e-7)


# --- PSF --------------------------------------------------------------------------------------------------------------


def test_psf_of_a_perfect_lens_is_airys():
    image = wavefront.psf(lens(), N, WAVELENGTH, 0.4, 61)
    grid = (np.arange(61) - 30) * 0.4
    expected = diffraction.airy_psf(np.hypot(grid[:, None], grid), WAVELENGTH, N) * 0.4**2
    np.testing.assert_allclose(image, expected, atol=1e-5 * expected.max())


def test_psf_of_an_annulus():
    """Born and Wolf 8.6.2: (2J₁(v)/v − ε² 2J₁(εv)/(εv))²/(1 − ε²)² of its peak."""
    hole = 0.5
    image = wavefront.psf(lens(obscuration=hole), N, WAVELENGTH, 0.4, 61)
    grid = (np.arange(61) - 30) * 0.4
    v = np.maximum(math.pi * np.hypot(grid[:, None], grid) / (N * WAVELENGTH * 1e-3), 1e-9)
    expected = ((2 * j1(v) / v - hole**2 * 2 * j1(hole * v) / (hole * v)) / (1 - hole**2)) ** 2
    np.testing.assert_allclose(image / image.max(), expected, atol=2e-5)


@pytest.mark.parametrize("fields", [{}, {"zernike_um": zernikes(j4=0.5, j7=0.3)}, {"blades": 6}, {"obscuration": 0.3}])
def test_psf_holds_all_light(fields):
    size = 257
    image = wavefront.psf(lens(**fields), N, WAVELENGTH, N * WAVELENGTH * 1e-3 / 2, size)
    inner = image[64:-64, 64:-64].sum()
    assert image.min() >= 0 and 0.99 < inner < image.sum() < 1
    if not fields:  # Rayleigh: a circle keeps 1 − J₀² − J₁²; the square lies between two circles
        kept = [1 - j0(u) ** 2 - j1(u) ** 2 for u in (math.pi * size / 4, math.pi * size / 4 * math.sqrt(2))]
        assert kept[0] < image.sum() < kept[1]


@pytest.mark.parametrize("index", [3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 24])
def test_strehl_ratio_of_marechal(index):
    """exp(−(2πσ/λ)²) to 1 % up to λ/14, where it is 0.82 (Mahajan, J. Opt. Soc. Am. 73, 1983)."""
    peak = wavefront.psf(lens(), N, WAVELENGTH, 0.1, 1).item()
    for sigma in (1 / 50, 1 / 20, 1 / 14):
        found = wavefront.psf(lens(zernike_um=zernikes(**{f"j{index}": sigma})), N, WAVELENGTH, 0.1, 1).item() / peak
        assert found == pytest.approx(math.exp(-((2 * math.pi * sigma) ** 2)), rel=0.01)
        assert found < 1 - 0.9 * (2 * math.pi * sigma) ** 2 * 0.9


@pytest.mark.parametrize(
    "fields",
    [
        {"zernike_um": zernikes(j1=0.4, j7=0.3, j8=0.2, j6=0.2)},
        {"blades": 5, "blade_rotation_deg": 10.0, "zernike_um": zernikes(j4=0.4, j8=0.3, j2=-1.0)},
    ],
)
def test_psf_and_otf_are_each_others_transform(fields):
    size, pitch = 257, N * WAVELENGTH * 1e-3 / 2
    view = lens(**fields)
    image = wavefront.psf(view, N, WAVELENGTH, pitch, size)
    f = np.linspace(0.02, 0.9, 23) * CUTOFF
    cycles = np.outer(f, (np.arange(size) - size // 2) * pitch * 1e-3)
    down, right = np.exp(-2j * math.pi * cycles), np.exp(-2j * math.pi * cycles).T
    plus, minus = otf(view, f, f)
    np.testing.assert_allclose(down @ image @ right, plus, atol=3e-3)
    np.testing.assert_allclose(down @ image @ right.conj(), minus, atol=3e-3)


@pytest.mark.parametrize(("index", "sign"), [(1, 1), (1, -1), (2, 1), (2, -1)])
def test_tilt_moves_the_picture_by_4_n_c(index, sign):
    """A wave ahead at the top leans down on the sensor, which is up in the picture; 2N ∂W/∂y = 4N c µm."""
    c = sign * 1.5
    view = lens(zernike_um=tuple(c if j == index else 0.0 for j in range(3)))
    moved = 4 * N * c
    up, right = (moved, 0.0) if index == 1 else (0.0, moved)
    image = wavefront.psf(view, N, WAVELENGTH, 1.0, 101)
    assert np.unravel_index(image.argmax(), image.shape) == (50 - round(up), 50 + round(right))
    f = np.linspace(0, CUTOFF, 31)
    perfect = diffraction.diffraction_otf(np.hypot(f[:, None], f), WAVELENGTH, N)
    for direction, found in zip((1, -1), otf(view, f, f), strict=True):
        ramp = np.exp(-2j * math.pi * 1e-3 * (-up * f[:, None] + direction * right * f))
        np.testing.assert_allclose(found, perfect * ramp, atol=1e-9)


@pytest.mark.parametrize(("index", "axis", "flare"), [(7, 0, "up"), (8, 1, "right")])
@pytest.mark.parametrize("sign", [1, -1])
def test_coma_flares_where_its_rays_go(index, axis, flare, sign):
    """2N∇W of √8(3r² − 2)y is 2N√8(3x² + 9y² − 2) up: from −2 at the pupil's centre, the bright apex, to +7."""
    c = 0.8 * WAVELENGTH * 1e-3
    image = wavefront.psf(lens(zernike_um=tuple(sign * c * (j == index) for j in range(9))), N, WAVELENGTH, 0.5, 301)
    grid = (np.arange(301) - 150) * 0.5
    towards = sign * (-grid if flare == "up" else grid)  # along the flare, µm
    profile = image.sum(axis=1 - axis)
    unit = 2 * N * math.sqrt(8) * c
    assert towards[profile.argmax()] < 0  # the apex
    diffraction = 1.5 * N * WAVELENGTH * 1e-3
    assert profile[towards < -2 * unit - diffraction].sum() < 0.02
    assert profile[towards > 7 * unit + diffraction].sum() < 0.02
    assert profile[towards > 2 * unit].sum() > 0.1
    # rays as a crowd: the share on the flare's side of a line, over a uniform pupil
    y, x = np.meshgrid(np.linspace(-1, 1, 801), np.linspace(-1, 1, 801))
    inside = x * x + y * y < 1
    rays = unit * (3 * x**2 + 9 * y**2 - 2)[inside]
    for line in (0.0, 1.0, 3.0):
        assert profile[towards > line * unit].sum() == pytest.approx(np.mean(rays > line * unit), abs=0.06)
