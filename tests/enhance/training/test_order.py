"""In TensorFlow's graph of a step, whatever reads a weight is ordered before or after whatever changes it."""

import graphlib
from collections import defaultdict

import pytest

keras = pytest.importorskip("keras")

from enhance.losses import catalogue
from enhance.losses.adversarial import Adversarial
from enhance.training import build, optimizer
from enhance.training.step import Trainer


def optimised_graph(config, pairs):
    """The graph that TensorFlow executes for one adversarial step."""
    context = pytest.importorskip("tensorflow.python.eager.context")
    stage, generator = config.stages[1], build.generator(config, "float32")
    trainer = Trainer(
        generator,
        build.critic(config, "float32"),
        content=catalogue.content(["l1"]),
        weights=stage.losses,
        adversarial=Adversarial(),
    )
    adam = optimizer.build(stage, config, generator_count=len(generator.trainable_variables))
    trainer.compile(optimizer=adam, jit_compile=False)
    context.enable_run_metadata()
    try:
        trainer.fit(*pairs, batch_size=len(pairs[0]), epochs=1, verbose=0)
        found = context.export_run_metadata()
    finally:
        context.disable_run_metadata()
    return max((g for f in found.function_graphs for g in f.partition_graphs), key=lambda graph: len(graph.node))


def unordered(graph):
    """Pairs of nodes that use one variable, at least one of them to change it, and neither needs the other."""
    inputs = {node.name: {name.lstrip("^").partition(":")[0] for name in node.input} for node in graph.node}
    needed: dict[str, set[str]] = {}
    for name in graphlib.TopologicalSorter(inputs).static_order():
        needed[name] = inputs[name].union(*(needed[other] for other in inputs[name]))
    users, changes = defaultdict(list), set()
    for node in graph.node:
        if "Variable" in node.op:
            users[node.input[0]].append(node.name)
            changes |= {node.name} if node.op != "ReadVariableOp" else set()
    assert changes and len(users) > len(changes) / 2, "not the graph of a training step"
    pairs = ((a, b) for names in users.values() for a in names for b in names if b in changes and a != b)
    return [(a, b) for a, b in pairs if a not in needed[b] and b not in needed[a]]


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX's variables do not change within a step")
@pytest.mark.parametrize("kind", ["patch", "srgan"])
def test_no_weight_changes_while_another_loss_may_read_it(kind, configure, make_pairs):
    assert unordered(optimised_graph(configure(critic={"kind": kind, "filters": 4}), make_pairs(4))) == []
