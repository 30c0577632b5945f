"""Each entry of quirks.json has a reproducer: a model of one node for which spec.py says who is right, and one just outside of the condition
on which all agree. An entry that a newer ONNX Runtime or reference evaluator has made needless fails."""
import math
from collections import namedtuple

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from nngen.judge import bounds, compare, expected, quirks, runtime, spec
from nngen.judge.view import View

Case = namedtuple("Case", "op opset ins attributes expected outputs")
NAMED = {q["name"]: q for q in quirks.QUIRKS}
needs_bounds = pytest.mark.skipif(not expected.known(), reason="make unit-programs builds what computes bounds")
rng = np.random.default_rng(1)


def draw(*shape):
    return rng.uniform(-1, 1, shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def case(op, opset, ins, expected, outputs=1, **attributes):
    """expected: of the last output; None where the words leave it open."""
    return Case(op, opset, ins, attributes, expected, outputs)


def sight(c):
    """(view of the one-node model, node, values of its tensors in ONNX Runtime)"""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(c.ins)]
    node = helper.make_node(c.op, names, [f"y{i}" for i in range(c.outputs)], **c.attributes)
    kind = lambda x: helper.np_dtype_to_tensor_dtype(x.dtype)
    data = [helper.make_tensor_value_info("x0", kind(c.ins[0]), c.ins[0].shape)]
    inits = [numpy_helper.from_array(np.asarray(x), n) for n, x in zip(names[1:], c.ins[1:]) if n]

    def model(outs):
        g = helper.make_graph([node], "g", data, outs, inits)
        return helper.make_model(g, opset_imports=[helper.make_opsetid("", c.opset)], ir_version=8 if c.opset < 20 else 10 if c.opset < 23 else 13)
    ours = runtime.session(model([helper.make_empty_tensor_value_info(x) for x in node.output]).SerializeToString(), "none").run(None, {"x0": c.ins[0]})
    ours = [np.asarray(y) for y in ours]
    view = View(model([helper.make_tensor_value_info(x, kind(y), y.shape) for x, y in zip(node.output, ours)]))
    return view, node, {**{n: np.asarray(x) for n, x in zip(names, c.ins) if n}, **dict(zip(node.output, ours))}


def same(value, expected):
    """In agreement with what the specification says; there may be less precision, but no other type."""
    value = np.asarray(value)
    return value.shape == expected.shape and compare.agree(value, expected.astype(value.dtype)) is None


X4, X5 = draw(1, 2, 5, 6), draw(1, 2, 4, 4, 4)
STEPS = draw(4, 2, 3)


def pool(op, reduce, x=None, opset=22, outputs=1, kernel=(2, 2), strides=None, dilations=None, pads=None, auto="NOTSET", ceil=0, **more):
    x = X4 if x is None else x
    given = {k: v for k, v in (("strides", strides), ("dilations", dilations), ("pads", pads)) if v}
    expected = spec.pool(x, kernel, reduce, strides, dilations, pads, auto, ceil, np.int64 if outputs == 2 else np.float64)
    return case(op, opset, [x], expected, outputs, kernel_shape=kernel, auto_pad=auto, ceil_mode=ceil, **given, **more)


def transposed(group=1, channels=2, many=2, bias=False, opset=17, begin=None, out=(7, 9), **attributes):
    x, w, b = draw(1, channels, 3, 4), draw(channels, many, 3, 3), draw(many * group) if bias else None
    y = spec.conv_transpose(x, w, out, b, [2, 2], None, begin, group)
    return case("ConvTranspose", opset, [x, w, b], y, group=group, strides=[2, 2], **attributes)


def recurrent(op, lens=None, activations=None, clip=None, input_forget=0, reverse=False, scale=1.0):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    w, r, b = draw(1, gates * 2, 3) * scale, draw(1, gates * 2, 2) * scale, draw(1, gates * 4)
    y = spec.recurrent(op, STEPS, w, r, b, lens, None, None, activations, clip, reverse, input_forget)
    given = {k: v for k, v in (("activations", activations), ("clip", clip), ("input_forget", input_forget)) if v}
    given |= {"direction": "reverse"} if reverse else {}
    return case(op, 17, [STEPS, w, r, b, None if lens is None else np.array(lens, np.int32)], y, hidden_size=2, **given)


def batch_normalization(momentum, opset=13, far=0.0):
    x, scale, b, mean, var = draw(2, 3, 40) + np.float32(far), draw(3), draw(3), draw(3) + np.float32(far), draw(3) + 2
    return case("BatchNormalization", opset, [x, scale, b, mean, var], spec.batch_normalization(x, scale, b, mean, var), momentum=momentum)


def grid_sample(expected, points, opset, x=X4, **attributes):
    return case("GridSample", opset, [x, np.array(points, np.float32).reshape(1, 1, -1, 2)], expected, **attributes)


def cubic_border(*point):
    y = spec.grid_sample_cubic(X4, np.array(point, np.float32).reshape(1, 1, 1, 2))
    return grid_sample(y, point, 20, mode="cubic", padding_mode="border")


def corners(mode, opset, **attributes):
    """The four corners of the image, which every mode takes as they are."""
    return grid_sample(X4[:, :, ::4, ::5].reshape(1, 2, 1, 4), [-1, -1, 1, -1, -1, 1, 1, 1], opset, mode=mode, align_corners=1, **attributes)


def gather(shape, other, axis):
    x, indices = draw(*shape), rng.integers(0, shape[axis], other)
    return case("GatherElements", 13, [x, indices], spec.gather_elements(x, indices, axis), axis=axis)


def one_hot(indices, depth):
    values = np.array([0.25, 1.5], np.float32)
    return case("OneHot", 13, [indices, np.full(depth, 5, np.float32), values], spec.one_hot(indices, 5, values).astype(np.float32))


def one_hot_difference(kind):
    """The off value and the difference of both do not add up to the on value, whatever the type of depth is."""
    values = np.array([1.45, 0.17], np.float32)
    return case("OneHot", 13, [ints(0, 1, -2), np.array(5, kind), values], spec.one_hot(ints(0, 1, -2), 5, values).astype(np.float32))


def attention(softcap, opset=25):
    q, k, v = draw(1, 1, 3, 4), draw(1, 1, 3, 4), draw(1, 1, 3, 4)
    scores = np.einsum("bhqd,bhkd->bhqk", q, k).astype(np.float64) / 2.0  # by the root of the size of a head
    return case("Attention", opset, [q, k, v], scores, 4, softcap=softcap, qk_matmul_output_mode=0)


def masked(queries):
    q, k, v = draw(1, 1, 3, 4), draw(1, 1, 3, 4), draw(1, 1, 3, 4)
    return case("Attention", 25, [q, k, v, np.ones((queries, 3), bool)], spec.causal_attention(q, k, v), is_causal=1)


def with_past(queries):
    """Two new keys after a past one; the last output has the weights."""
    q, k, v, past_k, past_v = (draw(1, 1, n, 4) for n in (queries, 2, 2, 1, 1))
    weights = spec.causal_weights(q, np.concatenate([past_k, k], 2), 1)
    return case("Attention", 24, [q, k, v, None, past_k, past_v], weights, 4, is_causal=1, qk_matmul_output_mode=3)


def scaled(scale, n, mode="align_corners", opset=13):
    x = draw(1, n)
    y = spec.resize(x[0], int(scale * n), mode, None, scale)
    return case("Resize", opset, [x, None, np.array([1, scale], np.float32)], y.reshape(1, -1), mode="linear", coordinate_transformation_mode=mode)


def antialiased(n, *at):
    x = draw(1, n)
    y = spec.resize_antialias(x[0].astype(np.float64), at)
    return case("Resize", 19, [x, None, None, ints(1, len(at))], y.reshape(1, -1), mode="linear", coordinate_transformation_mode="pytorch_half_pixel", antialias=1)


def blended():
    """ONNX Runtime adds eight eighths of the only element along an axis, and rounds between."""
    x = np.array([[[3.6359203]]], np.float32)
    return case("Resize", 17, [x, None, np.array([1, 1, 2], np.float32)], np.repeat(x, 2, 2), mode="linear", coordinate_transformation_mode="align_corners")


def cropped(length):
    x, roi = draw(1, 4), np.array([0, 0.25, 1, 0.75], np.float32)
    y = spec.resize(x[0], length, "tf_crop_and_resize", None, None, (0.25, 0.75))
    return case("Resize", 13, [x, roi, None, ints(1, length)], y.reshape(1, -1), mode="linear", coordinate_transformation_mode="tf_crop_and_resize")


def crop_to_the_end(end):
    """The last point lies at the last element, or before it."""
    x, roi, length = np.arange(1, 12, dtype=np.float32).reshape(1, 11), np.array([0, 0.2488270103931427, 1, end], np.float32), 64
    y = spec.resize(x[0], length, "tf_crop_and_resize", None, None, roi[1::2].astype(np.float64))
    return case("Resize", 13, [x, roi, None, ints(1, length)], y.reshape(1, -1), mode="linear", coordinate_transformation_mode="tf_crop_and_resize")


def crop_middle(begin, end):
    """Its only point is the middle of the crop; 5 but for the rounding of begin and end, where they add up to 1."""
    x, roi = draw(1, 11), np.array([0, begin, 1, end], np.float32)
    y = spec.resize(x[0], 1, "tf_crop_and_resize", math.ceil, None, roi[1::2].astype(np.float64))
    return case("Resize", 13, [x, roi, None, ints(1, 1)], y.reshape(1, -1), mode="nearest", nearest_mode="ceil", coordinate_transformation_mode="tf_crop_and_resize")


def nearest(n, d):
    x = draw(1, n)
    return case("Resize", 13, [x, None, None, ints(1, d)], spec.resize(x[0], d, "half_pixel", math.floor).reshape(1, -1), mode="nearest", nearest_mode="floor")


def log_softmax(far):
    x = np.array([[0, far, -far, 1]], np.float32)
    y = x.astype(np.float64) - x.max()
    return case("LogSoftmax", 13, [x], y - np.log(np.exp(y).sum()))


def cross_entropy(far):
    c = log_softmax(far)
    return case("SoftmaxCrossEntropyLoss", 13, [c.ins[0], ints(2)], np.array(-c.expected[0, 2]))


def instance_normalization(spread):
    x, scale, b = (8 + spread * draw(2, 3, 40)).astype(np.float32), draw(3), np.zeros(3, np.float32)
    return case("InstanceNormalization", 17, [x, scale, b], spec.instance_normalization(x, scale, b), epsilon=1e-9)


def sigmoid(low, high):
    x = np.linspace(low, high, 1001, dtype=np.float32)
    return case("Sigmoid", 17, [x], spec.sigmoid(x.astype(np.float64)))


def log_sum_exp(total):
    """Of rows of 64 values whose exponentials have that sum."""
    x = draw(16, 64)
    sums = lambda: np.exp(x.astype(np.float64)).sum(axis=1, keepdims=True)
    x = (x + math.log(total) - np.log(sums())).astype(np.float32)
    return case("ReduceLogSumExp", 17, [x], np.log(sums()), axes=[1])


def det(gap):
    """The third row is the sum of the others but for the gap."""
    x = 4 * draw(8, 3, 3)
    x[:, 2] = x[:, 0] + x[:, 1] + np.float32(gap) * draw(8, 3)
    return case("Det", 17, [x], np.linalg.det(x.astype(np.float64)))


def lp_norm(x):
    return case("LpNormalization", 17, [x], x / np.abs(x).sum(axis=-1, keepdims=True), p=1)


def roi_align(opset, **attributes):
    """A plane y + 10 x, which interpolation leaves a plane: each cell has the value at its middle."""
    x = (np.arange(6).reshape(6, 1) + 10.0 * np.arange(6)).reshape(1, 1, 6, 6).astype(np.float32)
    half = 0.5 if opset >= 16 and attributes.get("coordinate_transformation_mode") != "output_half_pixel" else 0.0
    middle = 1 + (4 - 1) * (np.arange(2) + 0.5) / 2 - half
    expected = (middle.reshape(2, 1) + 10 * middle).reshape(1, 1, 2, 2)
    return case("RoiAlign", opset, [x, np.array([[1, 1, 4, 4]], np.float32), ints(0)], expected, output_height=2, output_width=2, **attributes)


def deform_conv(height):
    """No offsets: each element times the only weight."""
    x, w = draw(1, 1, height, 4), draw(1, 1, 1, 1)
    return case("DeformConv", 19, [x, w, np.zeros((1, 2, height, 4), np.float32)], x.astype(np.float64) * w[0, 0, 0, 0])


def unpool(shape):
    x, indices = draw(1, 1, 2, 2), ints(5, 7, 13, 15).reshape(1, 1, 2, 2)
    return case("MaxUnpool", 11, [x, indices, ints(1, 1, *shape)], spec.max_unpool(x, indices, (1, 1, *shape)), kernel_shape=[2, 2], strides=[2, 2])


def spread(n):
    """n complex numbers without a period, the same whatever is drawn elsewhere: fractions of multiples of the golden ratio."""
    return (np.arange(2 * n) * ((math.sqrt(5) - 1) / 2) % 1 * 2 - 1).astype(np.float32).reshape(1, n, 2)


def dft(n):
    x = spread(n)
    return case("DFT", 20, [x, None, ints(1)[0]], spec.dft(x, 1, n))


def stft(n):
    x = spread(n)
    return case("STFT", 17, [x, ints(1)[0], None, ints(n)[0]], spec.dft(x, 1, n).reshape(1, 1, n, 2), onesided=0)


def affine_grid(kind):
    """The points of a 2 by 3 grid themselves, at the middles of its cells."""
    y, x = np.meshgrid([-0.5, 0.5], [-2 / 3, 0, 2 / 3], indexing="ij")
    theta = np.array([[[1, 0, 0], [0, 1, 0]]], kind)
    return case("AffineGrid", 20, [theta, ints(1, 1, 2, 3)], np.stack([x, y], -1)[None])


BYTES = np.arange(30, dtype=np.int8).reshape(1, 1, 5, 6)[..., ::-1] - np.int8(15)


# name -> (a case that the entry speaks of, cases just outside of it)
LINE, DOUBLE = np.float32([[[[0], [2]]]]), np.float32([1, 1, 2, 2])


def softmax(x, axis):
    e = np.exp(x.astype(np.float64) - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def flattened(op, opset, axis, f):
    """Below opset 13 what is normalised is all dimensions from the axis on."""
    return case(op, opset, [X4], f(X4.reshape(int(np.prod(X4.shape[:axis])), -1), 1).reshape(X4.shape), axis=axis)


def upsampled(opset, **attributes):
    return case("Upsample", opset, [X4] if attributes else [X4, DOUBLE], X4.repeat(2, 2).repeat(2, 3), **attributes)


def normalised(opset, **attributes):
    scale, bias, mean, var = (np.float32(v) for v in ((1, 2), (0.5, -1), (0.1, 0.2), (1, 0.25)))
    at = lambda v: v.astype(np.float64).reshape(1, 2, 1, 1)
    return case("BatchNormalization", opset, [X4, scale, bias, mean, var], (X4 - at(mean)) / np.sqrt(at(var) + 1e-5) * at(scale) + at(bias), **attributes)


CASES = {
    "pool-auto-pad-ceil": (pool("AveragePool", spec.average, auto="SAME_UPPER", strides=[2, 2], ceil=1),
                           [pool("AveragePool", spec.average, auto="SAME_UPPER", strides=[2, 2])]),
    "pool-auto-pad-dilations": (pool("AveragePool", spec.average, auto="VALID", dilations=[2, 1]), [pool("AveragePool", spec.average, auto="VALID")]),
    "averagepool-ceil": (pool("AveragePool", spec.average, kernel=(2, 3), strides=[3, 4], ceil=1, x=draw(1, 1, 5, 5)),
                         [pool("AveragePool", spec.average, kernel=(2, 2), strides=[2, 2], ceil=1)]),
    "lppool-ceil": (pool("LpPool", spec.lp(2), strides=[2, 2], ceil=1), [pool("LpPool", spec.lp(2), strides=[1, 2], ceil=1)]),
    "batchnormalization-momentum": (batch_normalization(0.9), [batch_normalization(1.0), batch_normalization(0.9, 14)]),
    "convtranspose-groups": (transposed(2), [transposed(2, 2, 1)]),
    "convtranspose-output-shape": (transposed(begin=[1, 0], out=(6, 9), output_shape=[6, 9]), [transposed()]),
    "gridsample-names": (corners("bilinear", 17), [corners("nearest", 17), corners("linear", 20)]),
    "gridsample-cubic-border": (cubic_border(1.1, -0.9), [cubic_border(0.99, -0.9)]),
    "gridsample-reflection-one": (grid_sample(np.repeat(X4[:, :, :1, :1], 2, 3), [[-1.5, 0], [1, 0]], 20, X4[:, :, :1, :1], padding_mode="reflection", align_corners=1),
                                  [grid_sample(X4[:, :, :1, :1], [[-1, -1]], 20, X4, padding_mode="reflection", align_corners=1)]),
    "attention-scores": (attention(0.5), [attention(0.0)]),
    "attention-causal-lone-query": (with_past(1), [with_past(2)]),
    "attention-causal-mask": (masked(1), [masked(3)]),
    "castlike-round-mode": (case("CastLike", 25, [X4, X5], X4, round_mode="up"), [case("CastLike", 25, [X4, X5], X4)]),
    "gatherelements-smaller": (gather((3, 4), (2, 4), 1), [gather((3, 4), (3, 2), 1)]),
    "gatherelements-long": (gather((64, 2, 2), (3, 2, 2), 0), [gather((63, 2, 2), (3, 2, 2), 0)]),
    "globalmaxpool-rank": (case("GlobalMaxPool", 17, [X5], X5.max(axis=(2, 3, 4), keepdims=True)), [case("GlobalMaxPool", 17, [X4], X4.max(axis=(2, 3), keepdims=True))]),
    "lrn-channels": (case("LRN", 17, [X4 * 9], spec.lrn(X4 * 9, 3, 0.5), size=3, alpha=0.5), [case("LRN", 17, [X4[:, :1] * 9], spec.lrn(X4[:, :1] * 9, 3, 0.5), size=3, alpha=0.5)]),
    "lrn-images": (case("LRN", 17, [X4.reshape(2, 1, 5, 6)], spec.lrn(X4.reshape(2, 1, 5, 6), 3), size=3), [case("LRN", 17, [np.repeat(X4, 2, 0)], spec.lrn(np.repeat(X4, 2, 0), 3), size=3)]),
    "lpnormalization-negative": (lp_norm(X4), [lp_norm(np.abs(X4))]),
    "mean-larger": (case("Mean", 13, [X4[:, :, :1], X4], (X4[:, :, :1] + X4.astype(np.float64)) / 2), [case("Mean", 13, [X4, X4[:, :, :1]], (X4[:, :, :1] + X4.astype(np.float64)) / 2)]),
    "onehot-fraction": (one_hot(np.array([0.3, 1.7, -1.6], np.float32), ()), [one_hot(np.array([0, 1, -2], np.float32), ())]),
    "reducelogsumexp-scalar": (case("ReduceLogSumExp", 22, [np.array(-0.5, np.float32)], np.array(-0.5)), [case("ReduceLogSumExp", 22, [np.array([-0.5], np.float32)], np.array([-0.5]))]),
    "onehot-depth": (one_hot(ints(0, 1, -2), (1,)), [one_hot(ints(0, 1, -2), ())]),
    "softmax-flattened": (flattened("Softmax", 12, 1, softmax), [case("Softmax", 12, [X4[..., :1]], softmax(X4[..., :1], 2), axis=2), case("LogSoftmax", 9, [X4], np.log(softmax(X4, 3)), axis=3)]),
    "upsample-attribute": (upsampled(7, scales=[1.0, 1.0, 2.0, 2.0]), []),
    "upsample-linear": (case("Upsample", 9, [LINE, np.float32([1, 1, 2, 1])], np.float32([[[[0], [1], [2], [2]]]]), mode="linear"), [upsampled(9)]),
    "resize-of-two-inputs": (case("Resize", 10, [X4, DOUBLE], X4.repeat(2, 2).repeat(2, 3)), []),
    "batchnormalization-tuple": (normalised(7), [normalised(9, momentum=1.0)]),
    "squeeze-in-turn": (case("Squeeze", 11, [X4[:, :1]], X4[0, 0], axes=[-4, 1]), [case("Squeeze", 11, [X4[:, :1]], X4[0, 0], axes=[0, 1]), case("Squeeze", 11, [X4[:, :1]], X4[:, 0], axes=[-3])]),
    "pad-negative": (case("Pad", 13, [X4, ints(0, 0, 0, 0, 0, 0, -1, 2)], np.pad(X4, ((0, 0), (0, 0), (0, 0), (0, 2)))[:, :, :4]),
                     [case("Pad", 13, [X4, ints(0, 0, 0, 0, 0, 0, 0, 2)], np.pad(X4, ((0, 0), (0, 0), (0, 0), (0, 2))))]),
    "rnn-activations": (recurrent("RNN", activations=["Sigmoid"]), [recurrent("RNN", activations=["Tanh"]), recurrent("RNN", reverse=True)]),
    "gru-activations": (recurrent("GRU", activations=["Sigmoid", "Relu"]), [recurrent("GRU", activations=["Sigmoid", "Tanh"]), recurrent("GRU", reverse=True)]),
    "lstm-activations": (recurrent("LSTM", activations=["Sigmoid", "Tanh", "Softsign"]),
                         [recurrent("LSTM", activations=["Sigmoid", "Tanh", "Tanh"]), recurrent("LSTM", reverse=True)]),
    "recurrent-clip": (recurrent("RNN", clip=0.25), [recurrent("RNN")]),
    "recurrent-lens": (recurrent("GRU", lens=[2, 4, 3][:STEPS.shape[1]]), [recurrent("GRU", lens=[4, 4])]),
    "lstm-input-forget": (recurrent("LSTM", input_forget=1), [recurrent("LSTM")]),
    "softsign-scalar": (case("Softsign", 17, [np.array(-3, np.float32)], np.array(-0.75)), [case("Softsign", 17, [np.array([-3], np.float32)], np.array([-0.75]))]),
    "resize-pytorch-one": (scaled(0.25, 5, "pytorch_half_pixel"), [scaled(0.5, 4, "pytorch_half_pixel"), antialiased(4, 0.5, 2.5)]),
    "resize-crop-kept": (cropped(4), [cropped(5)]),
    "resize-whole-position": (scaled(0.5, 9, "half_pixel_symmetric", 19), [scaled(0.5, 8, "half_pixel_symmetric", 19)]),
    "crossentropy-underflow": (cross_entropy(60), [cross_entropy(40)]),
    "logsoftmax-underflow": (log_softmax(60), [log_softmax(40)]),
    "roialign-half-pixel": (roi_align(13), [roi_align(16), roi_align(16, coordinate_transformation_mode="output_half_pixel")]),
    "deformconv-one": (deform_conv(1), [deform_conv(2)]),
    "affinegrid-double": (affine_grid(np.float64), [affine_grid(np.float32)]),
    "maxpool-integers": (pool("MaxPool", spec.largest, BYTES), [pool("MaxPool", spec.largest, BYTES, strides=[2, 1]), pool("MaxPool", spec.largest)]),
    "maxpool-same-lower": (pool("MaxPool", spec.largest, auto="SAME_LOWER", strides=[2, 2]), [pool("MaxPool", spec.largest, auto="SAME_UPPER", strides=[2, 2])]),
    "maxpool-same": (pool("MaxPool", spec.largest, X4[:, :, 0], kernel=(2,), auto="SAME_UPPER"), [pool("MaxPool", spec.largest, auto="SAME_UPPER")]),
    "maxpool-valid": (pool("MaxPool", spec.largest, auto="VALID", strides=[2, 2], ceil=1), [pool("MaxPool", spec.largest, auto="VALID", strides=[2, 2])]),
    "maxpool-pads": (pool("MaxPool", spec.largest, pads=[0, 1, 0, 1]), [pool("MaxPool", spec.largest, pads=[0, 1, 0, 1], strides=[2, 1])]),
    "maxunpool-output-shape": (unpool((5, 5)), [unpool((4, 4))]),
    "unsqueeze-order": (case("Unsqueeze", 11, [X4[0]], X4[0][None, :, None].astype(np.float64), axes=[2, 0]), [case("Unsqueeze", 11, [X4[0]], X4[0][None, :, None].astype(np.float64), axes=[0, 2])]),
    "maxpool-indices": (pool("MaxPool", spec.index(X4.shape), outputs=2), [pool("MaxPool", spec.index(X4.shape), outputs=2, strides=[2, 1])]),
}
# What a comparison by tolerance takes for a disagreement, and what lies inside the bounds: positions that rounding moves to the other side, results
# that cancel, and what the words leave open. All but the last three had entries of quirks.json before there were bounds.
INSIDE = {
    "resize-length": scaled(0.75, 7),
    "resize-nearest-edge": nearest(50, 14),
    "resize-crop-end": crop_to_the_end(1.0),
    "resize-nearest-crop-edge": crop_middle(0.4, 0.6),
    "normalization-of-equals": instance_normalization(1e-5),
    "sigmoid-tail": sigmoid(-15, -13),
    "batchnormalization-cancels": batch_normalization(1.0, 17, 10000.0),
    "reducelogsumexp-cancels": log_sum_exp(1),
    "det-singular": det(1e-6),
    "dft-rounding": dft(509),
    "stft-rounding": stft(509),
    "resize-of-one-element": blended(),
    "onehot-difference": one_hot_difference(np.float32),
    "onehot-difference-of-whole-depth": one_hot_difference(np.int64),
}
# (name, a case of another version, or by another part of the condition)
MORE = [("softmax-flattened", flattened("LogSoftmax", 11, 1, lambda x, k: np.log(softmax(x, k)))), ("softmax-flattened", flattened("Softmax", 7, 2, softmax)),
        ("softmax-flattened", flattened("Hardmax", 12, -3, lambda x, k: np.eye(x.shape[k])[x.argmax(k)])),
        ("softmax-flattened", case("Softmax", 7, [X4[0, :, :, :1]], softmax(X4[0, :, :, :1], 1))),
        ("pad-negative", case("Pad", 10, [X4], np.pad(X4, ((0, 0), (0, 0), (0, 0), (0, 2)))[:, :, :4], pads=[0, 0, 0, 0, 0, 0, -1, 2])), ("batchnormalization-tuple", normalised(8)),
        ("upsample-attribute", upsampled(8, scales=[1.0, 1.0, 2.0, 2.0])), ("squeeze-in-turn", case("Squeeze", 12, [X4[:, :1]], X4[0, 0], axes=[1, -4])),
        ("convtranspose-groups", transposed(2, 2, 1, True)), ("maxpool-integers", pool("MaxPool", spec.largest, BYTES.view(np.uint8), pads=[0, 1, 0, 1])),
        ("attention-scores", attention(0.5, 23)), ("attention-scores", attention(0.5, 24)), ("resize-pytorch-one", antialiased(5, 0))]


def by_reference(view, node, values):
    return compare.by_reference(view, node, values, expected.of_nodes(view, values))


def reference(view, c):
    """What the reference evaluator gives for the last output, or None if it raises."""
    with np.errstate(all="ignore"):
        try:
            return np.asarray(ReferenceEvaluator(view.model).run(None, {"x0": c.ins[0]})[-1])
        except Exception:
            return None


def missed(y, v, e, kind):
    """By how many bounds the worst element misses what is expected: 0 where all lie inside, infinite where the bound is 0; or what else is wrong."""
    if y is None:
        return "error"
    if y.shape != v.shape or y.dtype != kind:
        return "shape" if y.shape != v.shape else "type"
    worst = bounds.judge(y, v, e)
    return 0.0 if worst is None else math.inf if worst["ratio"] >= bounds.HUGE else worst["ratio"]


def test_every_entry_is_well_formed_and_has_a_case():
    known = {s.name for s in onnx.defs.get_all_schemas()}
    assert len(NAMED) == len(quirks.QUIRKS) and set(CASES) == set(NAMED) and not set(INSIDE) & set(NAMED)
    for q in quirks.QUIRKS:
        assert q["reason"] and q["op"] and set(q["op"]) <= known and q["whose"] in ("reference", "runtime")
        assert set(q) <= {"name", "op", "opsets", "when", "how", "whose", "outside", "reason"} and set(q["how"]) <= {"error", "values"}
        assert ("outside" in q) == any(n == q["name"] and q["how"] != ["error"] and not raises(c) for n, c in EVERY)
        assert "outside" not in q or q["outside"] in ("exact", "shape", "type") or q["outside"] > 1


EVERY = [(n, c) for n, (c, _) in CASES.items()] + MORE


def raises(c):
    return reference(sight(c)[0], c) is None


@pytest.mark.parametrize("name, c", EVERY, ids=lambda v: v if isinstance(v, str) else f"{v.op}-{v.opset}")
def test_the_quirk_is_real(name, c):
    q = NAMED[name]
    view, node, values = sight(c)
    ours, theirs = values[[x for x in node.output if x][-1]], reference(view, c)
    assert by_reference(view, node, values) == ("quirk", name)
    right = theirs is not None and same(theirs, c.expected) and theirs.dtype == ours.dtype
    assert (same(ours, c.expected), right) == ((True, False) if q["whose"] == "reference" else (False, True))


@needs_bounds
@pytest.mark.parametrize("name, c", EVERY, ids=lambda v: v if isinstance(v, str) else f"{v.op}-{v.opset}")
def test_the_bound_is_violated(name, c):
    """By the one at fault, by at least the entry's figure; the other lies inside, and so does what spec.py says."""
    q = NAMED[name]
    view, node, values = sight(c)
    made = [x for x in node.output if x][-1]
    v, e = expected.of_nodes(view, values)[made]
    found = [missed(y, v, e, values[made].dtype) for y in (reference(view, c), values[made])]
    wrong, right = found if q["whose"] == "reference" else found[::-1]
    assert right == 0.0 and missed(c.expected, v, e, c.expected.dtype) == 0.0
    if isinstance(wrong, str):
        assert wrong == "error" and "error" in q["how"] or wrong == q["outside"]
    else:
        assert wrong >= (math.inf if q["outside"] == "exact" else q["outside"])


@needs_bounds
@pytest.mark.parametrize("name", INSIDE)
def test_what_lies_inside_its_bounds_needs_no_entry(name):
    c = INSIDE[name]
    view, node, values = sight(c)
    assert by_reference(view, node, values) == ("correct", "")
    made = [x for x in node.output if x]
    found = expected.of_nodes(view, values)[made[-1]]
    assert missed(values[made[-1]], *found, values[made[-1]].dtype) == missed(reference(view, c), *found, values[made[-1]].dtype) == 0.0


@pytest.mark.parametrize("name", [n for n, (_, near) in CASES.items() if near])
def test_there_is_no_quirk_next_to_it(name):
    for c in CASES[name][1]:
        view, node, values = sight(c)
        assert by_reference(view, node, values) == ("correct", "")
        assert same(values[node.output[-1]], c.expected)


def test_a_condition_may_speak_of_attributes_of_other_versions_and_absent_inputs():
    node = helper.make_node("LpPool", ["x"], ["y"], kernel_shape=[2])
    assert quirks.names(node, 17, [X4], [X4])["ceil_mode"] is None and quirks.names(node, 18, [X4], [X4])["ceil_mode"] == 0
    assert quirks.names(node, 17, [X4], [X4])["ins"][3] is None


@pytest.mark.parametrize("columns, wrong", [((), True), ((1,), False)])
def test_a_vector_behind_a_transpose_is_multiplied_wrongly_with_optimisations(columns, wrong):
    """Why the profile ort has no matrix times vector; a column is no vector."""
    x, v = draw(5, 3), draw(5, *columns)
    nodes = [helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]), helper.make_node("MatMul", ["t", "v"], ["y"])]
    g = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, x.shape)], [helper.make_empty_tensor_value_info("y")],
                          [numpy_helper.from_array(v, "v")])
    data = helper.make_model(g, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    plain, best = (runtime.session(data, level).run(None, {"x": x})[0] for level in ("none", "all"))
    assert same(plain, x.T.astype(np.float64) @ v) and same(best, x.T.astype(np.float64) @ v) != wrong
