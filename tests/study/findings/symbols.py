"""What models with symbols for sizes, and with bfloat16, have shown."""
import numpy as np

from study.findings import but, f32, finding, i64, model, ramp

ORT, ONNX = "1.32.0", "1.23.2"


@finding("onnxruntime-all", ORT, "value mismatch", but("tract"), ["ConstantFolding"])
def size_of_attention_to_values_of_a_free_size():
    """The last size of V is free, and is that of the result. onnx's inference says 0, and ONNX Runtime folds Shape to it."""
    q, v = ramp(1, 2, 3), np.ones((1, 2, 5), np.float32)
    return model([("Attention", ["q", "k", "v"], ["y"], {"q_num_heads": 1, "kv_num_heads": 1}), ("Shape", ["y"], ["s"], {})], {"q": q, "k": q, "v": v}, {}, [i64(1, 2, 5)], opset=23,
                 free={"v": (1, 2, "n")})


@finding("onnxruntime-all", ORT, "shape difference", but("openvino"), ["QuickGeluFusion"])
def quick_gelu_of_a_scalar():
    """The factor has one axis, and the scalar gains it. QuickGelu keeps the shape of its input, and the axis is lost."""
    x = np.float32(0.5)
    return model([("Mul", ["x", "c"], ["a"], {}), ("Sigmoid", ["a"], ["b"], {}), ("Mul", ["x", "b"], ["y"], {})], {"x": np.array(x)}, {"c": f32(1.702)}, [f32(x / (1 + np.exp(-1.702 * x)))])


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino", "tinygrad"))
def mean_of_a_layer_normalisation_of_bfloat16():
    """The mean has the type of stash_type, float32. The evaluator gives it the type of the data, so that it cannot be added to a float32."""
    x = f32([1, 3])
    return model([("Cast", ["x"], ["h"], {"to": 16}), ("Cast", ["w"], ["g"], {"to": 16}), ("LayerNormalization", ["h", "g"], ["n", "m"], {}), ("Add", ["m", "o"], ["y"], {})], {"x": x}, {"w": f32(1, 1), "o": f32(1)}, [f32([3])])
