"""Light: wavelengths, tables of spectra, illuminants, and colour as XYZ and sRGB."""
