"""PyTorch 2.14.1 and TensorFlow 2.21.0 themselves: results that are not those of the operator's definition."""
from nngen.study.snippets import Snippet

from study.findings import program_finding
from study.findings.tensorflow_programs import of_x


@program_finding("tensorflow", "value mismatch or NaN/Inf difference or crash")
def product_with_batches_of_one_matrix():
    """The second batch is not computed: its elements are what memory held, or the process ends in a fault of memory. The kernel is oneDNN's, on a processor with AVX-512; with TF_ENABLE_ONEDNN_OPTS=0, with smaller matrices and with
    equal batches the result is right."""
    return Snippet("tensorflow", "tf.matmul(a, b)", {"a": "np.ones((2, 1, 60, 5), np.float32)", "b": "np.ones((5, 34), np.float32)"}, "np.full((2, 1, 60, 34), np.float32(5))")


@program_finding("tensorflow", "value mismatch or NaN/Inf difference or crash")
def convolution_of_eleven_pictures():
    """The results of a part of the batch are not computed, and memory outside is written: the process may end later in "free(): invalid pointer". The kernel is oneDNN's, on a processor with
    AVX-512; with TF_ENABLE_ONEDNN_OPTS=0, or one picture, the result is right."""
    return Snippet("tensorflow", "tf.nn.conv2d(x, w, [1, 3], 'VALID')", {"x": "np.ones((11, 8, 4, 1), np.float32)", "w": "np.ones((4, 4, 1, 32), np.float32)"}, "np.full((11, 5, 1, 32), np.float32(16))")


@program_finding("tensorflow", "value mismatch", ["tf2onnx"])
def reciprocal_of_one():
    """The reciprocal of 1 is 1. TensorFlow's is 0.99999994 in vectors of eight and more. By constant folding x / 1 has the error, too."""
    return Snippet("tensorflow", "tf.math.reciprocal(x)", {"x": "np.ones(8, np.float32)"}, "np.ones(8, np.float32)", exact=True)


@program_finding("torch", "run failure")
def average_of_a_window_larger_than_the_input():
    """The window of 7 fits one element with its padding of 3 on each side. avg_pool2d has it; avg_pool3d refuses it: "input image smaller than kernel size"."""
    return Snippet("torch", "torch.nn.functional.avg_pool3d(x, [1, 1, 7], [1, 1, 1], [0, 0, 3])", {"x": "np.ones((1, 1, 1, 4, 1), np.float32)"}, "np.full((1, 1, 1, 4, 1), np.float32(1 / 7))")


@program_finding("torch", "value mismatch", ["torch.onnx-script"])
def hardswish_of_a_large_number():
    """Above 3 the result is the number itself. PyTorch multiplies by 6 and divides by 6: 6.8989997."""
    return Snippet("torch", "torch.nn.functional.hardswish(x)", {"x": "np.full(8, np.float32(6.898999))"}, "x", exact=True)


@program_finding("tensorflow", "value mismatch")
def first_of_equal_numbers():
    """A sigmoid makes large numbers equal, and argmax gives the first of them. In a tf.function the sigmoid is left out before argmax, as if it kept their order; without the
    function the result is right."""
    return of_x("tf.argmax(tf.sigmoid(tf.abs(x) * 100), 2)", "np.zeros((2, 3), np.int64)")


@program_finding("tensorflow", "value mismatch")
def not_less_than_not_a_number():
    """NaN is not less than 0, and the opposite of that is true. In a tf.function it becomes "at least 0", which NaN is not either; without the function the result is right."""
    return of_x("tf.logical_not(x * float('nan') < 0)", "np.ones(x.shape, bool)")


@program_finding("tensorflow", "value mismatch")
def root_of_minus_infinity():
    """pow(-inf, 0.5) is inf by IEEE 754. In a tf.function it becomes a square root, which is NaN; without the function the result is right."""
    return of_x("tf.math.is_nan(tf.math.pow(-tf.abs(x) / 0, 0.5))", "np.zeros(x.shape, bool)")


@program_finding("tensorflow", "value mismatch")
def elu_of_not_a_number_compiled():
    """XLA on the CPU gives -8e14 for NaN; without jit_compile it is NaN."""
    return of_x("tf.math.is_nan(tf.function(lambda v: tf.nn.elu(v * float('nan')), jit_compile=True)(x))", "np.ones(x.shape, bool)")


@program_finding("tensorflow", "value mismatch")
def larger_of_not_a_number_compiled():
    """XLA on the CPU gives the other operand where one is NaN; without jit_compile it is NaN. So with reduce_max, argmax and others."""
    return of_x("tf.math.is_nan(tf.function(tf.maximum, jit_compile=True)(x, x * float('nan')))", "np.ones(x.shape, bool)")


@program_finding("tensorflow", "value mismatch")
def greatest_of_a_window_of_not_a_number():
    """A window of NaN gives the least float32."""
    return of_x("tf.math.is_nan(tf.nn.max_pool2d(x[..., None] * float('nan'), 2, 1, 'SAME'))", "np.ones((2, 3, 4, 1), bool)")


@program_finding("tensorflow", "value mismatch")
def larger_of_a_number_and_twice_it():
    """In a tf.function maximum(x, x * c) becomes LeakyRelu, whose results are x and x * c the other way round where c is more than 1; without the function the result is right."""
    return of_x("tf.maximum(x, x * 2.0)", "np.maximum(x, x * 2)")
