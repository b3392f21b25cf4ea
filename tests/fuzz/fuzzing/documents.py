"""Sound documents, as trees of tables, lists and plain values."""

from typing import Any

#: A camera.
CAMERA: dict[str, Any] = {
    "name": "mine",
    "description": "words",
    "scene": {"fov_deg": 0.5, "distance_m": 2.0, "illuminant": "D65"},
    "optics": {
        "fnumber": 4.0,
        "focal_length_mm": 4.6,
        "transmittance": 0.9,
        "defocus_dpt": 0.1,
        "zernike_um": [0.0, 0.01],
        "blades": 7,
        "blade_rotation_deg": 10.0,
        "obscuration": 0.2,
        "focus_wavelength_nm": 550.0,
    },
    "sensor": {
        "pixel_pitch_um": 10.0,
        "bit_depth": 10,
        "cfa": "rggb",
        "exposure_s": 0.01,
        "read_noise_e": 2.0,
        "prnu": 0.01,
        "full_well_e": 9000.0,
        "binning": 1,
        "auto_exposure": "max",
        "noise": True,
        "black_level_dn": 16,
    },
    "isp": {"demosaic": "malvar2004", "white_balance": "none", "color_matrix": "colorchecker", "tone": "srgb"},
}

#: Photographs of a data set.
RECIPE: dict[str, Any] = {
    "name": "few",
    "description": "words",
    "scene_px": 8,
    "photo": [
        {"name": "one", "file": "ref.png", "split": "train", "cuts": 2, "licence": "CC0"},
        {"name": "two", "file": "ref.png", "split": "all"},
    ],
}

#: A training configuration.
CONFIG: dict[str, Any] = {
    "description": "words",
    "task": "deblur",
    "style": "faithful",
    "setting": "f22",
    "batch": 8,
    "hr_px": 64,
    "scale": 4,
    "crop": "fixed_size",
    "jobs": 1,
    "precision": "auto",
    "ema": 0.99,
    "validation": 2,
    "seed": 0,
    "generator": {"kind": "light", "blocks": 2, "filters": 8},
    "critic": {"kind": "patch"},
    "vary": {"optics.fnumber": [16.0, 32.0]},
    "stage": [
        {"name": "pixel", "steps": 10, "learning_rate": 0.001, "schedule": "cosine", "losses": {"l1": 1.0}},
        {
            "name": "gan",
            "steps": 10,
            "best": "psnr_db",
            "patience": 3,
            "losses": {"l1": 1.0, "adversarial": 0.003},
            "adversarial": {"kind": "modified", "label_smoothing": 0.1},
        },
    ],
}

#: The manifest of a rendered set.
MANIFEST: dict[str, Any] = {
    "format": "cam2eye dataset 1",
    "version": "0.1.0",
    "seed": 0,
    "hr_px": 16,
    "scale": 4,
    "settings": ["ideal", "f22"],
    "images": [
        {"name": "one", "source": "one.png", "source_sha256": "0" * 64, "seed": 1, "window": [0, 0, 16]},
        {"name": "two", "source": "two.png", "source_sha256": "1" * 64, "seed": 2, "window": [0, 0, 16]},
    ],
}

#: The card of a training run.
CARD: dict[str, Any] = {
    "task": "deblur",
    "setting": "f22",
    "scale": 4,
    "generator": "light",
    "parameters": 9,
    "steps": 10,
    "options": {"blocks": 8},
    "stages": {"pixel": 10},
    "minutes": 1.5,
    "data": "photographs",
    "finished": True,
    "inputs": {"mean_luminance": [0.07, 0.5], "sharpness": [0.01, 0.2]},
    "validation": {"val_psnr_db": 25.8, "val_ssim": 0.7, "val_delta_e": 3.7},
    "source_sha256": ["0" * 64, "1" * 16],
    "style": "faithful",
    "licence": "none",
}
