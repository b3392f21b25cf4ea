"""Calibrated displays: against the 1996 code's example, colour science, and files."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image
from scipy.io import savemat

from camsim.light import colour
from scielab.eye import display
from scielab.metrics import s_cielab
from scielab.viewing import Viewing

WAVELENGTHS = np.arange(380.0, 781.0)


def srgb_display(levels=256):
    """Three narrow primaries; the gamma table is the curve of sRGB."""
    spectra = np.exp(-0.5 * ((WAVELENGTHS[:, None] - [610, 545, 465]) / 4) ** 2)
    gamma = np.repeat(colour.srgb_decode(np.arange(levels) / (levels - 1))[:, None], 3, axis=1)
    return display.Display(spectra=spectra, wavelength_nm=WAVELENGTHS, gamma=gamma)


def codes(seed, shape=(30, 40)):
    return np.random.default_rng(seed).integers(0, 256, size=(*shape, 3), dtype=np.uint8)


@pytest.mark.reference
@pytest.mark.parametrize(("rate", "above_20"), [(10, 261), (23, 173), (60, 7)])
def test_example_of_the_1996_code(shared, rate, above_20):
    """hats and hatsCompressed on the code's display, by its cones: 173 pixels above 20 ("We think this is 173")."""
    golden = shared / "reference" / "scielab" / "golden"
    data = np.load(golden / f"hats_spd{rate}.npz")
    screen = display.Display(
        spectra=data["display_spd"],
        wavelength_nm=np.arange(370, 731),
        gamma=data["gamma_table"],
        cones=data["cones"],
    )
    assert_allclose(screen.to_lms(), data["rgb2lms"], rtol=0, atol=1e-15)
    pictures = [np.asarray(Image.open(golden / f"hats_{which}.png")) for which in ("ref", "out")]
    for pair in (pictures, [p / 255 for p in pictures]):
        found = s_cielab.delta_e(*pair, Viewing(input=screen, samples_per_degree=rate))
        assert_allclose(found, data["dE76_1996"], rtol=0, atol=1e-9)
        assert np.count_nonzero(found > 20) == above_20
        found = s_cielab.delta_e(*pair, Viewing(input=screen, samples_per_degree=rate, formula=94))
        assert_allclose(found, data["dE94_1996"], rtol=0, atol=1e-9)


def test_xyz_of_a_line_is_the_colour_matching_function():
    # CIE 018:2019, 2° observer at 600, 550 and 450 nm
    expected = [[1.0622, 0.4334499, 0.3362], [0.631, 0.9949501, 0.038], [0.0008, 0.008749999, 1.77211]]
    spectra = (WAVELENGTHS[:, None] == [600, 550, 450]).astype(float)
    screen = display.Display(spectra=spectra, wavelength_nm=WAVELENGTHS, gamma=np.array([[0, 0, 0], [1, 1, 1]]))
    assert_allclose(screen.to_xyz(), 683 * np.array(expected), rtol=1e-6, atol=1e-6)
    coarse = display.Display(spectra=np.ones((81, 3)), wavelength_nm=WAVELENGTHS[::5], gamma=screen.gamma)
    # equal energy: 106.857 lm per watt and nanometre, times 683 over 100, in each of X, Y and Z
    assert_allclose(coarse.to_xyz(), 683 * 106.857, rtol=1e-4)


def test_a_display_is_its_matrix_after_its_gamma():
    screen = srgb_display()
    first, second = codes(0), codes(1)
    linear = [colour.srgb_decode(c / 255) for c in (first, second)]
    expected = s_cielab.delta_e(*linear, Viewing(input=screen.to_xyz(), formula=2000))
    for pair in ((first, second), (first / 255, second / 255), (first * np.uint16(257), second * np.uint16(257))):
        assert_allclose(s_cielab.delta_e(*pair, Viewing(input=screen, formula=2000)), expected, rtol=0, atol=1e-8)
    single = s_cielab.delta_e(first, second, Viewing(input=screen), dtype=np.float32)
    assert_allclose(single, s_cielab.delta_e(first, second, Viewing(input=screen)), rtol=0, atol=2e-3)
    other = s_cielab.delta_e(
        first, second, Viewing(input=screen, white=0.8 * screen.to_xyz().sum(axis=1), formula=2000)
    )
    assert np.abs(other - expected).max() > 0.1


def test_a_value_takes_the_nearest_level(filtered_opponent):
    gamma = np.repeat(np.linspace(0, 1, 5)[:, None], 3, axis=1) ** 2
    screen = display.Display(spectra=srgb_display().spectra, wavelength_nm=WAVELENGTHS, gamma=gamma)
    values = np.array([0, 0.12, 0.13, 0.37, 0.38, 0.62, 0.63, 0.87, 0.88, 1.0])
    levels = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    picture, shown = (np.repeat(v[:, None, None], 3, axis=2) for v in (values, gamma[levels, 0]))
    found = filtered_opponent(picture, Viewing(input=screen, samples_per_degree=0.1))
    expected = filtered_opponent(shown, Viewing(input=screen.to_xyz(), samples_per_degree=0.1))
    assert_allclose(found, expected, rtol=1e-12)
    eight = filtered_opponent(np.round(picture * 255).astype(np.uint8), Viewing(input=screen, samples_per_degree=0.1))
    assert_allclose(eight, expected, rtol=1e-12)


@pytest.mark.parametrize("names", [("spectra", "wavelength_nm", "gamma"), ("spd", "wave", "gamma")])
def test_files_give_the_display(tmp_path, names):
    screen = srgb_display(1024)
    parts = dict(zip(names, (screen.spectra, screen.wavelength_nm, screen.gamma), strict=True))
    np.savez(tmp_path / "a.npz", **parts)
    savemat(tmp_path / "b.mat", parts)
    savemat(tmp_path / "c.mat", {"d": parts | {"name": "a screen", "dpi": 96.0, "dist": 0.5}})
    for name in ("a.npz", "b.mat", "c.mat"):
        found = display.read(tmp_path / name)
        assert found.cones is None
        for part in ("spectra", "wavelength_nm", "gamma"):
            assert_allclose(getattr(found, part), getattr(screen, part), rtol=1e-15)
    np.savez(tmp_path / "d.npz", **parts, cones=np.ones_like(screen.spectra))
    assert display.read(tmp_path / "d.npz").cones.shape == screen.spectra.shape


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"spectra": np.ones((400, 3))}, r"spectra has shape \(400, 3\); it must be \(401, 3\)"),
        ({"spectra": np.full((401, 3), np.nan)}, "spectra .* not finite"),
        ({"spectra": -np.ones((401, 3))}, "spectra .* negative"),
        ({"spectra": "bright"}, "spectra must hold numbers, which str does not"),
        ({"wavelength_nm": WAVELENGTHS[::-1]}, "ascending"),
        ({"wavelength_nm": WAVELENGTHS + 100}, "480 to 880; it must cover 420 to 680"),
        ({"gamma": np.ones(256)}, r"gamma has shape \(256,\)"),
        ({"gamma": np.ones((1, 3))}, "two levels"),
        ({"gamma": np.full((256, 3), 255)}, "gamma goes up to 255"),
        ({"cones": np.ones((31, 3))}, "cones has shape"),
    ],
)
def test_wrong_parts_are_named(tmp_path, change, words):
    screen = srgb_display()
    parts = {"spectra": screen.spectra, "wavelength_nm": screen.wavelength_nm, "gamma": screen.gamma} | change
    with pytest.raises(ValueError, match=words) as refusal:
        display.Display(**parts)
    assert "\n" not in str(refusal.value)
    np.savez(tmp_path / "wrong.npz", **parts)
    with pytest.raises(ValueError, match=r"wrong\.npz: "):
        display.read(tmp_path / "wrong.npz")


def test_a_dark_display_has_no_white():
    screen = srgb_display()
    dark = display.Display(spectra=screen.spectra, wavelength_nm=WAVELENGTHS, gamma=np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"white is .*above 0"):
        s_cielab.delta_e(codes(0), codes(1), Viewing(input=dark))
    with pytest.raises(ValueError, match="cones is None"):
        screen.to_lms()


def test_files_that_are_no_displays_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("not an archive")
    (tmp_path / "text.mat").write_text("not a MATLAB file")
    (tmp_path / "new.mat").write_bytes(
        b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n\x1a\n".ljust(600)
    )
    (tmp_path / "screen.csv").write_text("1,2,3")
    np.savez(tmp_path / "part.npz", gamma=np.ones((2, 3)))
    np.savez(tmp_path / "object.npz", spectra=np.array([None]))
    for name, words in {
        "none.npz": "no such file",
        "text.npz": "cannot be read",
        "text.mat": "cannot be read",
        "new.mat": "cannot be read",
        "screen.csv": "must be a .npz or .mat",
        "part.npz": "has no spectra .*spd",
        "object.npz": "cannot be read",
    }.items():
        with pytest.raises(ValueError, match=words) as refusal:
            display.read(tmp_path / name)
        assert str(tmp_path / name) in str(refusal.value) and "\n" not in str(refusal.value)
