"""Metrics: S-CIELAB, colour differences, LPIPS, and their catalogue."""
