"""tf2onnx 1.17.0, and TensorFlow 2.21.0 itself, in TensorFlow's own words."""
from nngen.study.snippets import Snippet

from study.findings import program_finding

X = "np.arange(24, dtype=np.float32).reshape(2, 3, 4) - np.float32(11.5)"
Z = "np.arange(24).reshape(2, 3, 4) - 12"


@program_finding("tf2onnx", "NaN/Inf difference")
def choice_beside_not_a_number():
    """tf.where takes elements of one branch. The exporter writes it as products with 0 and 1 and a sum: NaN and infinity of the branch that is not taken remain."""
    return Snippet("tensorflow", "tf.where(x > 0, tf.math.log(x), x)", {"x": X}, "np.where(x > 0, np.log(np.abs(x)), x)")


@program_finding("tf2onnx", "value mismatch")
def remainder_of_whole_numbers():
    """TensorFlow's floormod has the sign of the divisor. The exporter's quotient is rounded towards zero."""
    return Snippet("tensorflow", "tf.math.floormod(z, 5)", {"z": Z}, "z % 5")
