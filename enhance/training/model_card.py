"""A model card: what a trained model is, what it learnt from, how good it is, and what it is not for.

Reference: M. Mitchell et al., "Model cards for model reporting", FAT* 2019.
"""

_METRICS = {
    "val_psnr_db": "PSNR {:.2f} dB (sRGB, all channels)",
    "val_ssim": "SSIM {:.3f}",
    "val_delta_e": "S-CIELAB ΔE {:.2f} (mean, 33 samples per degree)",
    "val_mesh": "mesh {:.2f} in flat areas",
    "val_hatch": "hatch {:.2f} in busy ones (1: as in a photograph)",
}


def text(card: dict) -> str:
    """The card of a run (its run.json) as Markdown."""
    options = ", ".join(f"{key} {value}" for key, value in card["options"].items()) or "as it is by default"
    stages = ", then ".join(f"{steps} steps {name}" for name, steps in card["stages"].items())
    found = [words.format(card["validation"][name]) for name, words in _METRICS.items() if name in card["validation"]]
    ranges = "".join(f", {key} from {low:g} to {high:g}" for key, (low, high) in card.get("vary", {}).items())
    rows = {
        "Undoes": f"the camera `{card['setting']}` (camera.toml){ranges}, enlarging ×{card['scale']}",
        "Network": f"{card['generator']} ({options}), {card['parameters']:,} parameters, float32",
        "Learnt from": f"{card['data']}, {card['pairs']:,} pictures",
        "Training": f"{stages}; batch {card['batch']}, seed {card['seed']}, {card['precision']} on "
        f"{card['backend']}, {card['minutes']:g} minutes; config.toml has all of it",
        "Held-out pictures": "; ".join(found) or "none were held out",
        "Version": card["version"],
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    style = "" if card["style"] == "faithful" else f":{card['style']}"
    return f"""# {card["task"]}{style}: {card["description"]}

| | |
|---|---|
{table}

It undoes one camera, at the scale it was trained at, and was judged on pictures like those it learnt from. On pictures
of other cameras it does harm: it sharpens what is sharp and brightens what is bright. What it adds is likely, not
true: do not measure, identify or diagnose from its output.
"""
