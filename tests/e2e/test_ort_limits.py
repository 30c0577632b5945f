"""Reproducers of what the profile `ort` leaves out: when one stops failing, the profile can be widened."""
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

IR = {21: 10, 22: 10, 23: 11, 24: 12, 25: 13, 28: 14}
rng = np.random.default_rng(0)


def f(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def run(op, opset, feeds, outputs=1, **attributes):
    """The operator alone on graph inputs; a feed of None is an input left out."""
    names = [k if v is not None else "" for k, v in feeds.items()]
    feeds = {k: v for k, v in feeds.items() if v is not None}
    node = helper.make_node(op, names, [f"out{i}" for i in range(outputs)], name="node", **attributes)
    infos = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for k, v in feeds.items()]
    model = helper.make_model(
        helper.make_graph([node], "g", infos, [helper.make_tensor_value_info(x, TensorProto.FLOAT, None) for x in node.output]),
        opset_imports=[helper.make_opsetid("", opset)], ir_version=IR[opset])
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, True, True, True), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, feeds)


ROIS = np.array([[0, 0, 0, 3, 3]], np.float32)
POOLS = {
    "GlobalLpPool": ({"x": f(1, 2, 4, 4)}, {}),
    "MaxRoiPool": ({"x": f(1, 2, 4, 4), "rois": ROIS}, {"pooled_shape": [2, 2]}),
    "RoiAlign": ({"x": f(1, 2, 4, 4), "rois": ROIS[:, 1:], "batch": np.zeros(1, np.int64)}, {}),
}


@pytest.mark.parametrize("op", POOLS)
def test_no_kernel_from_22(op):
    feeds, attributes = POOLS[op]
    assert np.isfinite(run(op, 21, feeds, **attributes)[0]).all()
    with pytest.raises(Exception, match="Could not find an implementation"):
        run(op, 22, feeds, **attributes)


def test_swish_at_24_only():
    x = f(3, 4)
    assert np.allclose(run("Swish", 24, {"x": x})[0], x / (1 + np.exp(-x)), atol=1e-5)
    with pytest.raises(Exception, match="Could not find an implementation"):
        run("Swish", 25, {"x": x})


def test_mean_variance_normalization_of_a_constant_slice():
    """The function of the specification adds 1e-9 to the deviation and gives 0; the kernel adds nothing."""
    assert np.isnan(run("MeanVarianceNormalization", 21, {"x": np.ones((1, 1, 2, 2), np.float32)}, axes=[2, 3])[0]).all()
    tiny = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2) * 1e-25
    assert not np.isfinite(run("MeanVarianceNormalization", 21, {"x": tiny}, axes=[2, 3])[0]).all()
    assert np.isfinite(run("MeanVarianceNormalization", 21, {"x": 1 + tiny * 1e18}, axes=[2, 3])[0]).all()


@pytest.mark.parametrize("opset", [23, 24, 25, 28])
def test_attention_masks_and_caches(opset):
    feeds = {"q": f(1, 2, 3, 4), "k": f(1, 2, 5, 4), "v": f(1, 2, 5, 6)}
    past = {"mask": None, "past_key": f(1, 2, 2, 4), "past_value": f(1, 2, 2, 6)}
    assert run("Attention", opset, {**feeds, "mask": f(3, 5)})[0].shape == (1, 2, 3, 6)
    assert run("Attention", opset, {**feeds, **past}, outputs=3)[1].shape == (1, 2, 7, 4)
    if opset >= 25:
        assert run("Attention", opset, {**feeds, "mask": f(1, 5)})[0].shape == (1, 2, 3, 6)
        assert run("Attention", opset, {**feeds, **past})[0].shape == (1, 2, 3, 6)
        return
    with pytest.raises(Exception, match="attention_helper"):
        run("Attention", opset, {**feeds, "mask": f(1, 5)})
    with pytest.raises(Exception, match="Attention node"):
        run("Attention", opset, {**feeds, **past})


def test_rotary_positions_beyond_the_cache():
    feeds = {"x": f(1, 1, 4, 2), "cos": f(4, 1), "sin": f(4, 1), "at": np.zeros((1, 4), np.int64)}
    assert run("RotaryEmbedding", 23, feeds)[0].shape == (1, 1, 4, 2)
    with pytest.raises(Exception, match="is not currently supported"):
        run("RotaryEmbedding", 23, {**feeds, "cos": f(3, 1), "sin": f(3, 1)})


def test_training_changes_the_initializers():
    """Running statistics that are initializers, and updated ones that are no graph outputs: each run starts from where the last one ended."""
    x = f(2, 3, 4)
    nodes = [helper.make_node("BatchNormalization", ["x", "scale", "bias", "mean", "var"], ["y", "new_mean", "new_var"], training_mode=1),
             helper.make_node("Neg", ["new_mean"], ["z"])]
    held = {"scale": np.ones(3), "bias": np.zeros(3), "mean": np.zeros(3), "var": np.ones(3)}
    model = helper.make_model(
        helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                          [helper.make_tensor_value_info("z", TensorProto.FLOAT, [3])],
                          [onnx.numpy_helper.from_array(v.astype(np.float32), k) for k, v in held.items()]),
        opset_imports=[helper.make_opsetid("", 21)], ir_version=IR[21])
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    first, second = (session.run(None, {"x": x})[0] for _ in range(2))
    assert np.allclose(first, -0.1 * x.mean(axis=(0, 2)), atol=1e-6)
    assert not np.allclose(first, second)


@pytest.mark.parametrize("place", [1, 2])
def test_a_relu_that_gives_a_bound_of_clip(place):
    """As the upper bound it is merged into Clip, optimised, and the data's negative values are lost; as the lower one it is not."""
    x, bound = np.array([-3, -0.5, 1, 4], np.float32), np.array(2, np.float32)
    nodes = [helper.make_node("Relu", ["m"], ["bound"]), helper.make_node("Clip", ["x", "bound"] if place == 1 else ["x", "", "bound"], ["y"])]
    infos = [helper.make_tensor_value_info(k, TensorProto.FLOAT, v.shape) for k, v in (("x", x), ("m", bound))]
    model = helper.make_model(helper.make_graph(nodes, "g", infos, [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)]),
                              opset_imports=[helper.make_opsetid("", 21)], ir_version=IR[21])
    onnx.checker.check_model(model, full_check=True)
    y = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x, "m": bound})[0]
    assert (y == (np.maximum if place == 1 else np.minimum)(x, bound)).all() == (place == 1)
