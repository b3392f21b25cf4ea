"""How fast training is, against what the machine can multiply and against the classic network.

    python benchmarks/train.py                       every case, a fresh process each
    python benchmarks/train.py light-8x32 --json     some, as JSON
    KERAS_BACKEND=jax python benchmarks/train.py     on JAX: on a GPU, where there is one

Per generator, 32×32 to 128×128, 16 pictures per step, by the engine's own step under the stock `fit`: images/s and
GFLOP/s of the forward pass, of the pretrain step (L1) and of the GAN step (L1 and adversarial, small patch critic),
and their share of the rate at which the machine multiplies two float32 matrices of 2048², measured in turns in the same
process. A step is counted as three forward passes: outputs, gradients of inputs, gradients of weights; only
convolutions count. `bfloat16` gives the gain of mixed precision, `loading` what it costs to
draw every batch from 512 pictures in memory, turned and mirrored, instead of having it at hand.
"""

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

GENERATORS = {
    "light-8x32": {"kind": "light", "blocks": 8, "filters": 32},
    "light-8x64": {"kind": "light", "blocks": 8, "filters": 64},
    "srresnet-bn": {"kind": "srresnet"},
    "edsr-16x64": {"kind": "edsr"},
    "rrdb-23x64": {"kind": "rrdb"},
}
BATCH, LR_PX, SCALE = 16, 32, 4
CLASSIC = "srresnet-bn"


def fastest(works: dict, seconds: float = 24.0) -> dict:
    """Seconds of the fastest of several calls of each, called in turns, so that a busy machine slows all alike."""
    best = dict.fromkeys(works, math.inf)
    for work in works.values():
        work()  # compiles
    end = time.perf_counter() + seconds
    rounds = 0
    while time.perf_counter() < end or rounds < 3:
        rounds += 1
        for name, work in works.items():
            start = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


MATRIX = 2048


def matrix_product(dtype: str):
    """A product of two matrices of `MATRIX`² on the backend's device, as a function to call."""
    import keras
    import numpy as np

    a = keras.ops.convert_to_tensor(np.random.default_rng(0).random((MATRIX, MATRIX)), dtype=dtype)
    return lambda: float(keras.ops.cast(keras.ops.matmul(a, a)[0, 0], "float32"))  # waits for the result


def forward_gflop(network, shape) -> float:
    """GFLOP of the convolutions and dense layers of one picture: two per weight and output position."""
    import keras

    probe = keras.Model(network.inputs, [layer.output for layer in network.layers])
    total = 0
    for layer, out in zip(network.layers, probe.compute_output_shape((1, *shape)), strict=True):
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            positions = math.prod(out[1:-1]) if not isinstance(layer, keras.layers.Dense) else 1
            total += 2 * math.prod(kernel.shape) * positions
    return total / 1e9


def measure(name: str, precision: str) -> dict:
    import keras
    import numpy as np

    from enhance import config
    from enhance.data import sampling
    from enhance.losses import adversarial, catalogue
    from enhance.training import build, optimizer
    from enhance.training.step import Trainer

    wanted = config.override(config.load("default"), [f"batch={BATCH}"])
    wanted = config.from_dict(config.to_dict(wanted) | {"generator": GENERATORS[name]})
    rng = np.random.default_rng(0)
    lr = rng.integers(0, 256, (512, LR_PX, LR_PX, 3), np.uint8)
    hr = rng.integers(0, 256, (512, LR_PX * SCALE, LR_PX * SCALE, 3), np.uint8)
    generator = build.generator(wanted, precision)
    flop = forward_gflop(generator, (LR_PX, LR_PX, 3))
    result = {"case": name, "precision": precision, "parameters": generator.count_params(), "forward_gflop": flop}
    count = 2 if flop > 2 else 8
    trainers = {}
    for stage in (None, *wanted.stages):
        critic = build.critic(wanted, precision) if stage and stage.uses_critic else None
        weights = {"l1": 1.0} | ({"adversarial": 0.003} if critic else {})
        kind = adversarial.Adversarial() if critic else None
        trainer = Trainer(generator, critic, content=catalogue.content(["l1"]), weights=weights, adversarial=kind)
        adam = optimizer.build(wanted.stages[0], wanted, generator_count=len(generator.trainable_variables))
        trainer.compile(optimizer=adam, jit_compile=build.compiled("auto"))
        trainer.build((None, None, None, 3))
        adam.build(trainer.trainable_variables)
        trainers[stage.name if stage else "forward"] = trainer

    def steps(trainer, batches):
        trainer.fit(batches, steps_per_epoch=count, epochs=1, verbose=0, shuffle=False)

    def same():
        yield from itertools.repeat((lr[:BATCH], hr[:BATCH]), count)

    def batch(step):
        picked, turns = sampling.chosen(len(lr), step, size=BATCH, seed=0), sampling.turns(step, size=BATCH, seed=0)
        return tuple(sampling.turned([pictures[i] for i in picked], *turns) for pictures in (lr, hr))

    def drawn():
        yield from map(batch, range(count))

    predict = trainers["forward"].predict_on_batch
    found = fastest(
        {
            "float32": matrix_product("float32"),
            "forward": lambda: predict(lr[:BATCH]),
            "pretrain": lambda: steps(trainers["pixel"], same()),
            "pretrain_loading": lambda: steps(trainers["pixel"], drawn()),
            "gan": lambda: steps(trainers["gan"], same()),
            "bfloat16": matrix_product("bfloat16"),
            "loading": lambda: [batch(step) for step in range(count)],
        }
    )
    result["forward"] = BATCH / found["forward"]
    for part in ("pretrain", "pretrain_loading", "gan"):
        result[part] = BATCH * count / found[part]
    result["loading_ms"] = found["loading"] / count * 1e3
    result["matrix_gflops"] = 2 * MATRIX**3 / 1e9 / found["float32"]
    result["matrix_bf16_gflops"] = 2 * MATRIX**3 / 1e9 / found["bfloat16"]
    result["backend"], result["device"] = keras.backend.backend(), "GPU" if build.on_gpu() else "CPU"
    return result


def table(rows: list[dict]) -> str:
    lines = []
    for row in rows:
        flop, peak = row["forward_gflop"], row["matrix_gflops"]
        lines.append(
            f"{row['case']:14}{row['precision']:9}{row['parameters'] / 1e6:7.2f} M{flop:7.2f} GFLOP"
            f"  forward {row['forward']:7.1f}/s {row['forward'] * flop / peak:5.0%}"
            f"  pretrain {row['pretrain']:7.1f}/s {row['pretrain'] * 3 * flop:6.0f} GFLOP/s"
            f" {row['pretrain'] * 3 * flop / peak:5.0%}  GAN {row['gan']:6.1f}/s"
            f"  loading {1 - row['pretrain_loading'] / row['pretrain']:+5.1%} ({row['loading_ms']:.2f} ms a step)"
        )
    first = rows[0]
    lines.append(
        f"machine: {first['matrix_gflops']:.0f} GFLOP/s float32, {first['matrix_bf16_gflops']:.0f} bfloat16 "
        f"(2048² matrix product), {first['backend']} on {first['device']}; shares are of the float32 rate"
    )
    by_case = {(row["case"], row["precision"]): row for row in rows}
    classic = by_case.get((CLASSIC, "float32"))
    for (case, precision), row in by_case.items():
        if classic and precision == "float32" and case.startswith("light"):
            lines.append(f"{case}: {row['pretrain'] / classic['pretrain']:.1f} × {CLASSIC}'s images/s")
        plain = by_case.get((case, "float32"))
        if precision == "bfloat16" and plain:
            gains = (row["pretrain"] / plain["pretrain"], row["gan"] / plain["gan"])
            lines.append(
                f"{case}: bfloat16 is {gains[0]:.2f} × float32 in the pretrain step, {gains[1]:.2f} × in the GAN step"
            )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*GENERATORS, []], help="all if none is named")
    parser.add_argument("--precision", action="append", choices=["float32", "bfloat16"])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return
    rows = []
    for case, precision in itertools.product(options.cases or GENERATORS, options.precision or ["float32", "bfloat16"]):
        done = subprocess.run([sys.executable, __file__, "--one", case, precision], stdout=subprocess.PIPE, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        if not options.json:
            print(table(rows[-1:]).splitlines()[0], flush=True)
    print(json.dumps(rows, indent=1) if options.json else "\n" + table(rows))


if __name__ == "__main__":
    main()
