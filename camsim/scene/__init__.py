"""What stands before the lens: a picture or a hyperspectral cube as photon radiance."""
