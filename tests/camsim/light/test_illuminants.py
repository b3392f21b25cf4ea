"""Light sources: chromaticities as CIE publishes them, and the formulas of Planck and of daylight."""

import subprocess
import sys

import numpy as np
import pytest

from camsim.light import illuminants, spectra

# CIE 1931 xy as published in CIE 015:2018, except B (withdrawn: CIE 015:2004 and before), ID50 and ID65 (CIE 184:2009).
PUBLISHED_XY = {
    "A": (0.44758, 0.40745), "B": (0.34842, 0.35161), "C": (0.31006, 0.31616), "E": (1 / 3, 1 / 3),
    "D50": (0.34567, 0.35851), "D55": (0.33243, 0.34744), "D65": (0.31272, 0.32903), "D75": (0.29903, 0.31488),
    "ID50": (0.3432, 0.3602), "ID65": (0.3107, 0.3307),
    "FL1": (0.3131, 0.3371), "FL2": (0.3721, 0.3751), "FL3": (0.4091, 0.3941), "FL4": (0.4402, 0.4031),
    "FL5": (0.3138, 0.3452), "FL6": (0.3779, 0.3882), "FL7": (0.3129, 0.3292), "FL8": (0.3458, 0.3586),
    "FL9": (0.3741, 0.3727), "FL10": (0.3458, 0.3588), "FL11": (0.3805, 0.3769), "FL12": (0.4370, 0.4042),
    "FL3.1": (0.4407, 0.4033), "FL3.2": (0.3808, 0.3734), "FL3.3": (0.3153, 0.3439), "FL3.4": (0.4429, 0.4043),
    "FL3.5": (0.3749, 0.3672), "FL3.6": (0.3488, 0.3600), "FL3.7": (0.4384, 0.4045), "FL3.8": (0.3820, 0.3832),
    "FL3.9": (0.3499, 0.3591), "FL3.10": (0.3455, 0.3560), "FL3.11": (0.3245, 0.3434), "FL3.12": (0.4377, 0.4037),
    "FL3.13": (0.3830, 0.3724), "FL3.14": (0.3447, 0.3609), "FL3.15": (0.3127, 0.3288),
    "HP1": (0.5330, 0.4150), "HP2": (0.4778, 0.4158), "HP3": (0.4302, 0.4075), "HP4": (0.3812, 0.3797),
    "HP5": (0.3776, 0.3713),
    "LED-B1": (0.4560, 0.4078), "LED-B2": (0.4357, 0.4012), "LED-B3": (0.3756, 0.3723), "LED-B4": (0.3422, 0.3502),
    "LED-B5": (0.3118, 0.3236), "LED-BH1": (0.4474, 0.4066), "LED-RGB1": (0.4557, 0.4211),
    "LED-V1": (0.4548, 0.4044), "LED-V2": (0.3781, 0.3775),
}  # fmt: skip


def xy(spectrum):
    tristimulus = spectra.xyz(spectrum)
    return tristimulus[:2] / tristimulus.sum()


def test_every_table_has_its_published_chromaticity():
    assert sorted(PUBLISHED_XY) == sorted(illuminants.names())
    for name, published in PUBLISHED_XY.items():
        # 10 nm bands that end at 400 and 700 nm: CIE's sum runs from 360 to 830 nm
        np.testing.assert_allclose(xy(illuminants.spectrum(name)), published, atol=0.0015, err_msg=name)


def test_d65_is_the_one_the_display_uses():
    np.testing.assert_array_equal(illuminants.spectrum("D65"), spectra.table("d65")[:, 0])


def test_illuminant_a_is_its_formula():
    wavelength = spectra.WAVELENGTH_NM
    top = np.expm1(1.435e7 / (2848 * 560))
    formula = 100 * (560 / wavelength) ** 5 * top / np.expm1(1.435e7 / (2848 * wavelength))
    np.testing.assert_allclose(illuminants.spectrum("A"), formula, rtol=5e-6)  # six figures in the table


@pytest.mark.parametrize(("name", "kelvin"), [("D50", 5003), ("D55", 5503), ("D65", 6504), ("D75", 7504)])
def test_daylight_at_the_temperature_of_a_table_is_the_table(name, kelvin):
    # D65 and D50 were tabulated before the coefficients M were rounded as CIE rounds them now
    np.testing.assert_allclose(illuminants.daylight(kelvin), illuminants.spectrum(name), rtol=1e-3)


@pytest.mark.parametrize("kelvin", [4000, 5000, 7000, 10000])
def test_daylight_lies_on_the_locus_of_daylight(kelvin):
    x, y = xy(illuminants.daylight(kelvin))
    assert y == pytest.approx(-3.000 * x**2 + 2.870 * x - 0.275, abs=0.001)
    n = (x - 0.3320) / (0.1858 - y)  # McCamy 1992: the temperature back from xy, good to a few per cent
    assert 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33 == pytest.approx(kelvin, rel=0.04)


def test_the_bluest_daylight_is_as_published():
    # Wyszecki and Stiles, Color Science, 1982
    np.testing.assert_allclose(xy(illuminants.daylight(25000)), (0.2499, 0.2548), atol=0.001)


def test_blackbody_is_plancks_law():
    # Peak by Wien's law, b = 2.897772e6 nm K, at bands inside the range.
    for kelvin in (4300, 5000, 6000, 7000):
        peak = spectra.WAVELENGTH_NM[np.argmax(illuminants.blackbody(kelvin))]
        assert abs(peak - 2.897772e6 / kelvin) <= 5
    # Ratio of two bands where exp(c2 / λT) is so large that Wien's approximation holds.
    cool = illuminants.blackbody(1000)
    ratio = (700 / 400) ** 5 * np.exp(-1.438776877e7 / 1000 * (1 / 400 - 1 / 700))
    assert cool[0] / cool[-1] == pytest.approx(ratio, rel=1e-6)
    assert illuminants.blackbody(3200)[16] == pytest.approx(100)
    # Illuminant A is a blackbody of 2855.5 K on today's scale.
    np.testing.assert_allclose(illuminants.blackbody(2848 * 1.438776877 / 1.435), illuminants.spectrum("A"), rtol=1e-5)
    assert xy(illuminants.spectrum("3200K")) == pytest.approx((0.4234, 0.3990), abs=0.001)  # Planckian locus


def test_names_are_taken_in_any_case_and_with_their_aliases():
    for given, name in [("d65", "D65"), (" F11 ", "FL11"), ("fl3.15", "FL3.15"), ("led-b3", "LED-B3"), ("e", "E")]:
        np.testing.assert_array_equal(illuminants.spectrum(given), illuminants.spectrum(name))
    np.testing.assert_array_equal(illuminants.spectrum("Daylight:5500"), illuminants.daylight(5500))
    np.testing.assert_array_equal(illuminants.spectrum("2700k"), illuminants.blackbody(2700))
    for name in illuminants.names():
        assert illuminants.spectrum(name).shape == (31,) and (illuminants.spectrum(name) >= 0).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("D6", "did you mean 'D65'"),
        ("D5500", "did you mean 'daylight:5500' or '5500K'"),
        ("S0", "unknown"),
        ("moon", "use one of A, B, C, D50"),
        ("", "use one of"),
        ("999K", "blackbody of 999 K is out of bounds: 1000 to 25000 K"),
        ("25001K", "out of bounds"),
        ("daylight:3999", "daylight of 3999 K is out of bounds: 4000 to 25000 K"),
        ("daylight:nan", "out of bounds"),
        ("daylight:warm", "'WARM' is not a temperature in kelvin"),
        (6500, "must be a name"),
    ],
)
def test_what_is_no_light_source_is_refused_in_one_line(name, message):
    with pytest.raises(ValueError, match=message) as refusal:
        illuminants.spectrum(name)
    assert "\n" not in str(refusal.value)


def test_tables_cannot_be_changed_by_a_caller():
    with pytest.raises(ValueError, match="read-only"):
        illuminants.spectrum("A")[0] = 1


def test_neither_scipy_nor_colour_science_is_needed():
    code = (
        "import sys; from camsim.light import illuminants; illuminants.spectrum('FL2'); "
        "print({'scipy', 'colour'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
