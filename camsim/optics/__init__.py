"""The lens: diffraction, aperture shapes, aberrations, measured point spreads and losses of light."""
