"""Architectures of keras.applications: models of TensorFlow with drawn weights and inputs, and tf2onnx, which exports them. The environment
"tensorflow" has the packages."""
import math

import numpy as np

from nngen.study import bridges, tf_exports
from nngen.study.real_models import DRAWS, SEED, named, new_values, tuples

OPSET = 17

# {target: (the function of tf2onnx, dynamic dims)}
VARIANTS = {"tf2onnx-keras": ("from_keras", False), "tf2onnx-keras dynamic": ("from_keras", True),
            "tf2onnx-unfrozen": ("from_function", False), "tf2onnx-unfrozen dynamic": ("from_function", True)}


def resnet(version, filters, **more):
    """A ResNet of narrower stacks than those that have names: tf2onnx takes 6 GiB for one of 24 million weights."""
    from keras.src.applications import resnet as of_keras

    stack = of_keras.stack_residual_blocks_v2 if version == 2 else of_keras.stack_residual_blocks_v1

    def stacks(x):
        for k, width in enumerate(filters, 2):
            x = stack(x, width, 2, name=f"conv{k}")
        return x

    return of_keras.ResNet(stacks, preact=version == 2, use_bias=True, weights=None, **more)


def draw_input(spec, other, generator):
    dims = [d[2] if other else d[1] for d in spec.dims]
    if spec.kind == "pixels":
        return generator.integers(0, 256, dims).astype(np.float32)
    if spec.kind == "floats":
        return generator.standard_normal(dims, np.float32)
    raise ValueError(f"input {spec.name}: {spec.kind} is not a kind of input of Keras; there are floats and pixels")


def draw_inputs(entry, other=False, seed=SEED):
    """Arrays in the order of the inputs; `other`: dynamic dims have their other sizes."""
    generator = np.random.default_rng(seed)
    return [draw_input(spec, other, generator) for spec in entry["inputs"]]


def redraw(keras, model):
    generator = np.random.default_rng(SEED)
    for layer in leaves(model):
        each = isinstance(layer, keras.layers.DepthwiseConv2D)  # a channel of the output has one of the input
        for weight in layer.trainable_weights:
            p = weight.numpy()
            new = new_values(p, math.prod(p.shape[:-2] if each else p.shape[:-1]), generator.standard_normal, generator.random)
            if new is not None:
                weight.assign(new.astype(p.dtype))


def leaves(model):
    """The layers that have no layers in them."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        else:
            yield layer


def batch_statistics(keras, model, entry):
    """Means and variances of batch normalisations from data. What drops values out would add noise to them."""
    norms = [x for x in leaves(model) if isinstance(x, keras.layers.BatchNormalization)]
    for layer in leaves(model):
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0
    before = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    if norms:
        draws = [draw_inputs(entry, seed=SEED + k) for k in range(1, DRAWS + 1)]
        model([np.concatenate(x) for x in zip(*draws)], training=True)
    for layer, momentum in zip(norms, before):
        layer.momentum = momentum


class Architecture:
    """One entry as a model; inputs and outputs are arrays."""

    def __init__(self, entry):
        self.tf = bridges.tensorflow()
        import keras

        keras.utils.set_random_seed(SEED)
        self.entry, self.model = entry, named(entry["class"])(**tuples(entry.get("arguments", {})))
        redraw(keras, self.model)
        batch_statistics(keras, self.model, entry)

    def inputs(self, other):
        return draw_inputs(self.entry, other)

    def call(self, *inputs):
        found = self.model(list(inputs), training=False)
        return found if isinstance(found, (list, tuple)) else [found]

    def outputs(self, arrays):
        return [t.numpy() for t in self.call(*map(self.tf.constant, arrays))]

    def signature(self, arrays, dynamic):
        sizes = [[None if dynamic and d[0] else d[1] for d in i.dims] for i in self.entry["inputs"]]
        return [self.tf.TensorSpec(s, a.dtype, name=i.name) for s, a, i in zip(sizes, arrays, self.entry["inputs"])]

    def export(self, arrays, variant, path):
        import tf2onnx

        how, dynamic = VARIANTS[variant]
        signature = self.signature(arrays, dynamic)
        what = self.model if how == "from_keras" else self.tf.function(self.call, input_signature=signature)
        model, _ = getattr(tf2onnx.convert, how)(what, input_signature=signature, opset=OPSET, output_path=str(path))
        tf_exports.must_be_known(model)
