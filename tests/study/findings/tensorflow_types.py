"""tf2onnx 1.17.0 in TensorFlow's own words: models that are not valid, and none at all."""
from nngen.study.snippets import Snippet

from study.findings import program_finding
from study.findings.tensorflow_programs import Z, of_x, of_z

Y = "np.arange(-6, 6, dtype=np.int8)"


def of_y(body, expected, **more):
    return Snippet("tensorflow", body, {"y": Y}, expected, **more)


@program_finding("tf2onnx", "invalid model")
def logarithm_of_one_more():
    """The exporter does not know Log1p. from_function raises nothing: the error is in the log alone, and the model has a node of an operator that ONNX does not have. So with
    expm1, erfc, lgamma, xdivy, truncatemod, cumprod and others."""
    return of_x("tf.math.log1p(tf.abs(x))", "np.log1p(np.abs(x))")


@program_finding("tf2onnx", "invalid model")
def one_hot_of_a_small_type():
    """The exporter gives OneHot four inputs where its type is one that it wants to cast to."""
    return of_z("tf.one_hot(tf.abs(z), 5, dtype=tf.int8)", "(np.abs(z)[..., None] == np.arange(5)).astype(np.int8)")


@program_finding("tf2onnx", "invalid model")
def sum_of_small_whole_numbers():
    """ONNX's ReduceSum has no int8, and the exporter does not cast."""
    return of_y("tf.reduce_sum(y)", "y.sum(dtype=np.int8)")


@program_finding("tf2onnx", "invalid model")
def first_that_is_true():
    """ONNX's ArgMax has no bool, and the exporter does not cast."""
    return of_z("tf.argmax(z > 0, -1)", "(z > 0).argmax(-1)")


@program_finding("tf2onnx", "invalid model")
def sum_of_two_of_whole_numbers():
    """The exporter writes Sum, which has floats only, where Add has whole numbers."""
    return of_z("tf.add_n([z, z])", "z + z")


@program_finding("tf2onnx", "invalid model")
def whole_numbers_shifted():
    """ONNX's BitShift is of types without a sign. The exporter writes it for int64, though it has another way for int32."""
    return of_z("tf.bitwise.right_shift(tf.cast(z, tf.int64), tf.constant(1, tf.int64))", "z.astype(np.int64) >> 1")


@program_finding("tf2onnx", "invalid model")
def relu_of_bytes():
    """ONNX's Relu has no uint8. TensorFlow gives the numbers as they are."""
    return of_z("tf.nn.relu(tf.cast(z, tf.uint8))", "z.astype(np.uint8)")


@program_finding("tf2onnx", "invalid model")
def power_of_small_whole_numbers():
    """ONNX's Pow has no int8, and the exporter does not cast."""
    return of_y("tf.pow(y, tf.constant(2, tf.int8))", "y ** np.int8(2)")


@program_finding("tf2onnx", "invalid model")
def running_sum_of_small_whole_numbers():
    """ONNX's CumSum has no int8, and the exporter does not cast."""
    return of_y("tf.cumsum(y)", "y.cumsum(dtype=np.int8)")


@program_finding("tf2onnx", "invalid model")
def infinity_in_half_precision():
    """ONNX's IsInf has no float16 before opset 20, and the exporter does not cast."""
    return of_x("tf.math.is_inf(tf.cast(x, tf.float16) / 0)", "np.ones(x.shape, bool)")


@program_finding("tf2onnx", "invalid model")
def transposed_convolution_to_a_larger_size():
    """The size 9 by 13 comes of 4 by 6 by a row and a column more than the smallest. The exporter writes negative pads, which inference refuses, in place of output_padding."""
    expected = "np.pad(np.kron(x.reshape(4, 6), np.ones((2, 2), np.float32)), ((0, 1), (0, 1)))[None, ..., None]"
    return of_x("tf.nn.conv2d_transpose(tf.reshape(x, [1, 4, 6, 1]), np.ones((2, 2, 1, 1), np.float32), [1, 9, 13, 1], 2, 'VALID')", expected)


@program_finding("tf2onnx", "invalid model")
def resize_of_whole_numbers():
    """TensorFlow's results are float32. The exporter resizes as int32, and declares float32."""
    return of_z("tf.image.resize(z[..., None], [3, 2])", "z.reshape(2, 3, 2, 2).mean(-1)[..., None].astype(np.float32)")


@program_finding("tf2onnx", "load failure")
def sequences_along_the_third_axis():
    """ONNX's ReverseSequence has the time axis 0 or 1. The exporter writes 2 where a Transpose would be needed."""
    return of_x("tf.reverse_sequence(x, [2, 1], seq_axis=2)", "np.stack([np.concatenate([x[0, :, 1::-1], x[0, :, 2:]], -1), np.concatenate([x[1, :, :1], x[1, :, 1:]], -1)])")


@program_finding("tf2onnx", "invalid model")
def diagonal_that_is_set():
    """The exporter's Loop has a node of the domain com.microsoft, which the model does not import."""
    return of_x("tf.linalg.set_diag(x, x[:, :, 0])", "np.where(np.eye(3, 4, dtype=bool), x[:, :, :1], x)")


@program_finding("tf2onnx", "invalid model")
def gather_with_two_batch_axes():
    """The exporter's Transpose has a permutation of another rank than its input."""
    return Snippet("tensorflow", "tf.gather(x, tf.abs(z) % 4, axis=-1, batch_dims=2)", {"x": "np.arange(24, dtype=np.float32).reshape(2, 3, 4)", "z": Z}, "np.take_along_axis(x, np.abs(z) % 4, -1)")


@program_finding("tf2onnx", "run failure")
def constant_of_the_surroundings():
    """A tensor that the function captures becomes an input of the graph, "MatMul/b:0", which nobody gives. A tf.Variable in its place is an initializer."""
    return of_x("tf.matmul(x, w)", "x @ np.ones((4, 2), np.float32)", before="w = tf.constant(np.ones((4, 2), np.float32))")


@program_finding("tf2onnx-keras", "conversion failure")
def keras_model_of_a_layer():
    """With Keras 3 the exporter finds no output of the name that Keras gives it: KeyError: 'keras_tensor_1'."""
    return of_x("", "np.maximum(x, 0)", model="tf.keras.Sequential([tf.keras.Input((3, 4)), tf.keras.layers.ReLU()])")


@program_finding("tf2onnx", "invalid model")
def bfloat16_doubled():
    """The exporter casts to float16 in place of bfloat16, and multiplies by a constant of bfloat16."""
    return of_x("tf.cast(tf.cast(x, tf.bfloat16) * 2, tf.float32)", "x * 2")


@program_finding("tf2onnx", "invalid model")
def place_of_the_greatest_as_uint16():
    """ONNX's ArgMax gives int64. The exporter declares uint16, without a Cast."""
    return of_z("tf.argmax(z, axis=1, output_type=tf.uint16)", "z.argmax(1).astype(np.uint16)")


@program_finding("tf2onnx", "invalid model")
def thresholds_of_four_columns():
    """The exporter takes x * (x > c) for ThresholdedRelu, whose threshold is one number, and gives it four."""
    return of_x("x * tf.cast(x > [1.0, 2.0, 3.0, 4.0], tf.float32)", "x * (x > np.float32([1, 2, 3, 4]))")
