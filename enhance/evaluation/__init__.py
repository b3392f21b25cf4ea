"""PSNR and SSIM as super-resolution papers measure them."""
