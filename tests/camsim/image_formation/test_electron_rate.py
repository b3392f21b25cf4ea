"""The fast path for pictures and the spectral path are one camera: random cameras, sizes and pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camsim import camera_file
from camsim.image_formation import electron_rate
from camsim.scene import radiance


@st.composite
def cameras(draw, kind):
    def number(low, high):
        return draw(st.floats(low, high))

    lens = {"fnumber": number(2, 32), "relative_illumination": draw(st.booleans())}
    if kind == "zernike":
        lens["zernike_um"] = [0, 0, 0, *(number(-0.1, 0.1) for _ in range(6))]
    elif kind == "polygon":
        lens |= {"blades": draw(st.integers(3, 9)), "blade_rotation_deg": number(0, 90)}
    elif kind == "annulus":
        lens |= {"obscuration": number(0.05, 0.6), "defocus_dpt": number(-5, 5)}
    elif kind == "defocused":
        lens |= {"defocus_dpt": number(-10, 10), "chromatic_defocus_dpt": number(-2, 2)}
    sensor = {
        "pixel_pitch_um": number(1, 25),
        "fill_factor": number(0.2, 1),
        "cfa": draw(st.sampled_from(("grbg", "rggb", "rgbw", "mono", "quad-bayer"))),
    }
    light = draw(st.sampled_from(("D65", "A", "FL2", "5000K")))
    fov = number(0.5, 4 if kind == "perfect" else 1.5)
    return camera_file.from_dict({"scene": {"fov_deg": fov, "illuminant": light}, "optics": lens, "sensor": sensor})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["perfect", "zernike", "polygon", "annulus", "defocused"])
@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.data(), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
def test_fast_path_equals_spectral_path(kind, data, rows, columns, seed):
    view = data.draw(cameras(kind))
    picture = np.random.default_rng(seed).random((rows, columns, 3))
    slow, _ = electron_rate.electron_rate_spectral(radiance.radiance(picture, view.scene), view)
    fast, _ = electron_rate.electron_rate(picture, view)
    np.testing.assert_allclose(fast, slow, atol=1e-9 * slow.max(), rtol=0)
    single, _ = electron_rate.electron_rate(picture.astype(np.float32), view)
    np.testing.assert_allclose(single, slow, atol=3e-6 * slow.max(), rtol=0)
