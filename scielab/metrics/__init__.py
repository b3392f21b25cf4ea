"""Metrics: S-CIELAB, colour differences, PSNR and SSIM, LPIPS and its networks, the catalogue of what is measured."""
