"""Operators computed from the words of the ONNX specification, element by element, in double: who is right where ONNX Runtime and the reference
evaluator disagree. For small tensors only."""
import itertools
import math
from fractions import Fraction

import numpy as np


def windows(x, kernel, out, strides, dilations, begin):
    """For each element of the output its place and the [(places of the window's elements in x)] that are not padding."""
    n = len(kernel)
    for at in itertools.product(*(range(d) for d in out)):
        inside = []
        for k in itertools.product(*(range(d) for d in kernel)):
            p = tuple(at[i] * strides[i] - begin[i] + k[i] * dilations[i] for i in range(n))
            if all(0 <= p[i] < x.shape[2 + i] for i in range(n)):
                inside.append(p)
        yield at, inside


def pool(x, kernel, reduce, strides=None, dilations=None, pads=None, auto_pad="NOTSET", ceil=False, dtype=np.float64):
    """reduce(values, places) of each window, for all images and channels."""
    n = len(kernel)
    strides, dilations, pads = strides or [1] * n, dilations or [1] * n, pads or [0] * 2 * n
    size = [(kernel[i] - 1) * dilations[i] + 1 for i in range(n)]
    if auto_pad.startswith("SAME"):
        out = [math.ceil(x.shape[2 + i] / strides[i]) for i in range(n)]
        total = [max((out[i] - 1) * strides[i] + size[i] - x.shape[2 + i], 0) for i in range(n)]
        begin = [t // 2 if auto_pad == "SAME_UPPER" else t - t // 2 for t in total]
    else:
        begin, out = list(pads[:n]), []
        for i in range(n):
            steps = (x.shape[2 + i] + pads[i] + pads[n + i] - size[i]) / strides[i]
            last = (math.ceil if ceil else math.floor)(steps)
            out.append(last + (last * strides[i] < x.shape[2 + i] + pads[i]))  # a window that would begin in the padding at the end is left out
    y = np.zeros(x.shape[:2] + tuple(out), dtype)
    for b, c in itertools.product(range(x.shape[0]), range(x.shape[1])):
        for at, places in windows(x, kernel, out, strides, dilations, begin):
            y[(b, c) + at] = reduce(np.array([x[(b, c) + p] for p in places], np.float64), [(b, c) + p for p in places])
    return y


def average(values, places):
    return values.mean()


def largest(values, places):
    return values.max()


def lp(p):
    return lambda values, places: (np.abs(values) ** p).sum() ** (1 / p)


def index(shape, storage_order=0):
    """Of the greatest value, in the tensor flattened by rows, or within an image by columns."""
    def at(values, places):
        p = places[int(np.argmax(values))]
        if storage_order == 0:
            return np.ravel_multi_index(p, shape)
        return np.ravel_multi_index(p[:2], shape[:2]) * math.prod(shape[2:]) + np.ravel_multi_index(p[2:][::-1], shape[2:][::-1])
    return at


def max_unpool(x, indices, shape):
    """The indices are places in a tensor of that shape."""
    y = np.zeros(math.prod(shape))
    y[indices.ravel()] = x.ravel()
    return y.reshape(shape)


def conv_transpose(x, w, out, b=None, strides=None, dilations=None, begin=None, group=1):
    """Each element of x adds w times itself to the output; out: spatial shape, begin: what is cut off at the beginning."""
    n = x.ndim - 2
    strides, dilations, begin = strides or [1] * n, dilations or [1] * n, begin or [0] * n
    many, fewer = w.shape[1], x.shape[1] // group
    y = np.zeros((x.shape[0], many * group, *out))
    for image, c, m in itertools.product(range(x.shape[0]), range(x.shape[1]), range(many)):
        for at in itertools.product(*(range(d) for d in x.shape[2:])):
            for k in itertools.product(*(range(d) for d in w.shape[2:])):
                p = tuple(at[i] * strides[i] + k[i] * dilations[i] - begin[i] for i in range(n))
                if all(0 <= p[i] < out[i] for i in range(n)):
                    y[(image, c // fewer * many + m) + p] += float(x[(image, c) + at]) * float(w[(c, m) + k])
    return y if b is None else y + b.reshape(1, -1, *[1] * n)


def lrn(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    y = np.zeros(x.shape)
    for c in range(x.shape[1]):
        near = x[:, max(0, c - (size - 1) // 2):min(x.shape[1] - 1, c + math.ceil((size - 1) / 2)) + 1].astype(np.float64)
        y[:, c] = x[:, c] / (bias + alpha / size * (near ** 2).sum(axis=1)) ** beta
    return y


def batch_normalization(x, scale, b, mean, var, epsilon=1e-5):
    scale, b, mean, var = (v.reshape(1, -1, *[1] * (x.ndim - 2)).astype(np.float64) for v in (scale, b, mean, var))
    return (x - mean) / np.sqrt(var + epsilon) * scale + b


def one_hot(indices, depth, values, axis=-1):
    whole = np.trunc(indices).astype(np.int64)
    whole = np.where(whole < 0, whole + depth, whole)
    return np.stack([np.where(whole == k, values[1], values[0]) for k in range(depth)], axis=axis)


def gather_elements(x, indices, axis):
    y = np.zeros(indices.shape, x.dtype)
    for p in np.ndindex(*indices.shape):
        y[p] = x[p[:axis] + (indices[p],) + p[axis + 1:]]
    return y


def cubic(t):
    """Weights of the four nearest pixels (a = -0.75) at t, between the second and the third."""
    a = -0.75
    near, far = (lambda x: (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1), (lambda x: a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a)
    return np.array([far(1 + t), near(t), near(1 - t), far(2 - t)])


def grid_sample_cubic(x, grid, align_corners=0):
    """Pixels outside of the image are those of its border."""
    h, w = x.shape[2:]
    y = np.zeros(x.shape[:2] + grid.shape[1:3])
    for n, i, j in np.ndindex(*grid.shape[:3]):
        at = [(g + 1) / 2 * (d - 1) if align_corners else ((g + 1) * d - 1) / 2 for g, d in zip(grid[n, i, j].astype(np.float64), (w, h))]
        left, top = (math.floor(p) for p in at)
        rows, columns = (np.clip(np.arange(p - 1, p + 3), 0, d - 1) for p, d in ((top, h), (left, w)))
        y[n, :, i, j] = np.einsum("cyx,y,x->c", x[n][:, rows][:, :, columns].astype(np.float64), cubic(at[1] - top), cubic(at[0] - left))
    return y


def position(i, n, d, scale, mode, roi=(0, 1)):
    """Where the i-th of d points lies among n, exactly."""
    i, scale = Fraction(i), Fraction(scale)
    if mode == "align_corners":
        return i * (n - 1) / (d - 1)
    if mode == "tf_crop_and_resize":
        begin, end = map(Fraction, roi)
        return begin * (n - 1) + i * (end - begin) * (n - 1) / (d - 1) if d > 1 else (begin + end) * (n - 1) / 2
    if mode == "pytorch_half_pixel" and d == 1:
        return Fraction(0)
    middle = Fraction(n, 2) * (1 - d / (scale * n)) if mode == "half_pixel_symmetric" else 0
    return middle + (i + Fraction(1, 2)) / scale - Fraction(1, 2)


def resize(x, d, mode, nearest=None, scale=None, roi=(0, 1)):
    """One dimension; the nearest element that a rounding function says, or linear."""
    at = [position(i, len(x), d, scale or Fraction(d, len(x)), mode, roi) for i in range(d)]
    at = [min(max(p, 0), len(x) - 1) for p in at]
    if nearest:
        return np.array([x[nearest(p)] for p in at])
    left = [min(math.floor(p), len(x) - 2) for p in at]
    return np.array([x[k] * float(k + 1 - p) + x[k + 1] * float(p - k) for k, p in zip(left, at)])


def resize_antialias(x, at):
    """One dimension, made shorter; linear, about the points at: the filter is as many times wider, and goes on over the edge with the last element."""
    wide, reach = len(x) / len(at), np.arange(-2 * len(x), 3 * len(x))
    weights = [np.maximum(1 - np.abs(reach - p) / wide, 0) for p in at]
    return np.array([w @ x[reach.clip(0, len(x) - 1)] / w.sum() for w in weights])


def instance_normalization(x, scale, b, epsilon=1e-5):
    x, axes = x.astype(np.float64), tuple(range(2, x.ndim))
    shape = (1, -1) + (1,) * len(axes)
    return scale.reshape(shape) * (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon) + b.reshape(shape)


def causal_weights(q, k, past=0):
    """Four dimensions, as many heads of keys as of queries; each query sees the past keys and the new ones up to its own."""
    scores = q.astype(np.float64) @ k.swapaxes(2, 3) / math.sqrt(q.shape[3])
    scores = np.where(np.tri(*scores.shape[2:], past, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def causal_attention(q, k, v):
    return causal_weights(q, k) @ v


def dft(x, axis, length, inverse=False):
    """Of complex numbers, the last dimension their parts."""
    z = (x[..., 0] + 1j * x[..., 1]).astype(np.complex128)
    z = (np.fft.ifft if inverse else np.fft.fft)(z, length, axis)
    return np.stack([z.real, z.imag], axis=-1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {"Tanh": np.tanh, "Sigmoid": sigmoid, "Relu": lambda x: np.maximum(x, 0), "Softsign": lambda x: x / (1 + np.abs(x))}


def recurrent(kind, x, w, r, b=None, lens=None, h=None, c=None, activations=None, clip=None, reverse=False, input_forget=0):
    """Y, [steps, 1, batch, hidden], of RNN, GRU (linear_before_reset 0) or LSTM in one direction."""
    x, w, r = (v.astype(np.float64) for v in (x, w[0], r[0]))
    steps, batch, hidden = x.shape[0], x.shape[1], r.shape[1]
    gates = w.shape[0] // hidden
    b = np.zeros(2 * gates * hidden) if b is None else b[0].astype(np.float64)
    f, *g = (ACTIVATIONS[a] for a in activations or {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}[kind])
    cut = (lambda v: v) if clip is None else (lambda v: np.clip(v, -clip, clip))
    y = np.zeros((steps, 1, batch, hidden))
    for k in range(batch):
        n = steps if lens is None else int(lens[k])
        H = np.zeros(hidden) if h is None else h[0, k].astype(np.float64)
        C = np.zeros(hidden) if c is None else c[0, k].astype(np.float64)
        for t in (range(n - 1, -1, -1) if reverse else range(n)):
            of_x = np.split(w @ x[t, k] + b[:gates * hidden], gates)
            R, Rb = np.split(r, gates), np.split(b[gates * hidden:], gates)
            if kind == "RNN":
                H = f(cut(of_x[0] + R[0] @ H + Rb[0]))
            elif kind == "GRU":
                z, q = (f(cut(of_x[i] + R[i] @ H + Rb[i])) for i in (0, 1))
                new = g[0](cut(of_x[2] + R[2] @ (q * H) + Rb[2]))
                H = (1 - z) * new + z * H
            else:
                i, o, q, new = (of_x[j] + R[j] @ H + Rb[j] for j in range(4))
                i = f(cut(i))
                q = 1 - i if input_forget else f(cut(q))
                C = q * C + i * g[0](cut(new))
                H = f(cut(o)) * g[1](C)
            y[t, 0, k] = H
    return y
