"""Metrics: S-CIELAB, colour differences, PSNR and SSIM, LPIPS, and the catalogue of what is measured."""
