"""A lens symmetric about its axis: its OTF is real and a function of one variable, the radial frequency.

The variable is ν = f λ N, frequency over the cut-off of its wavelength: 0 to 1.

References: J. Goodman, Introduction to Fourier Optics, 3rd ed., ch. 6; E. O'Neill, J. Opt. Soc. Am. 46, 1956 (annulus).
"""

import numpy as np

from camsim.camera_parts import Optics
from camsim.optics import aperture, diffraction, wavefront


def is_radial(optics: Optics) -> bool:
    """Whether the lens has such an OTF: a round or annular aperture, no aberrations, no PSF from a file."""
    return not (optics.psf_file or optics.blades or wavefront.is_deformed(optics))


def otf(optics: Optics, nu: np.ndarray) -> np.ndarray:
    """OTF at ν = f λ N, any shape; 1 at 0, 0 from ν = 1 on."""
    if optics.obscuration:
        return aperture.unaberrated_otf(optics, np.zeros(()), 2 * np.asarray(nu))
    return diffraction.otf(nu)
