"""tf2onnx 1.17.0 in TensorFlow's own words: results that differ."""
from nngen.study.snippets import Snippet

from study.findings import program_finding

X = "np.arange(24, dtype=np.float32).reshape(2, 3, 4) - np.float32(11.5)"
Z = "np.arange(24, dtype=np.int32).reshape(2, 3, 4) - 12"


def of_x(body, expected, **more):
    return Snippet("tensorflow", body, {"x": X}, expected, **more)


def of_z(body, expected, **more):
    return Snippet("tensorflow", body, {"z": Z}, expected, **more)


@program_finding("tf2onnx", "NaN/Inf difference")
def choice_beside_not_a_number():
    """tf.where takes elements of one branch. The exporter writes it as products with 0 and 1 and a sum: NaN and infinity of the branch that is not taken remain."""
    return of_x("tf.where(x > 0, tf.math.log(x), x)", "np.where(x > 0, np.log(np.abs(x)), x)")


@program_finding("tf2onnx", "value mismatch")
def whole_numbers_divided_and_rounded_down():
    """TensorFlow's floordiv rounds down. The exporter's Div of whole numbers rounds towards zero."""
    return of_z("z // 5", "z // 5")


@program_finding("tf2onnx", "value mismatch")
def remainder_of_whole_numbers():
    """TensorFlow's floormod has the sign of the divisor. The exporter's is x - x / y * y, with a quotient that is rounded towards zero; Mod would do."""
    return of_z("z % 5", "z % 5")


@program_finding("tf2onnx", "value mismatch")
def whole_numbers_times_their_transpose():
    """The exporter leaves transpose_b out for whole numbers; also transpose_a. Where the matrices are not square the model is not valid."""
    return of_z("tf.matmul(z[:, :, :3], z[:, :, :3], transpose_b=True)", "z[:, :, :3] @ z[:, :, :3].transpose(0, 2, 1)")


@program_finding("tf2onnx", "value mismatch")
def one_hot_of_negative_indices():
    """TensorFlow has no element for a negative index. ONNX's OneHot, which the exporter writes, counts it from the end."""
    return of_z("tf.one_hot(z, 5)", "(z[..., None] == np.arange(5)).astype(np.float32)")


@program_finding("tf2onnx", "value mismatch")
def scatter_to_one_place_twice():
    """Updates of one place add up. The exporter's ScatterND has no reduction, and the last one stays."""
    return of_x("tf.scatter_nd([[1], [1]], x, [3, 3, 4])", "np.stack([0 * x[0], x[0] + x[1], 0 * x[0]])")


@program_finding("tf2onnx", "NaN/Inf difference")
def greatest_of_an_empty_segment():
    """TensorFlow gives the least float32 for a segment without elements (0 in segment_max), the exporter minus infinity; the least of none is alike."""
    return of_x("tf.math.unsorted_segment_max(x, [1, 1], 2)", "np.stack([np.full((3, 4), np.finfo(np.float32).min), x.max(0)])")


@program_finding("tf2onnx", "NaN/Inf difference")
def mean_of_an_empty_segment():
    """TensorFlow gives 0 for a segment without elements. The exporter divides 0 by 0."""
    return of_x("tf.math.segment_mean(x, [0, 2])", "np.stack([x[0], 0 * x[0], x[1]])")


@program_finding("tf2onnx", "value mismatch")
def segment_of_a_negative_number():
    """TensorFlow leaves out what has a negative number of segment. The exporter counts it from the end."""
    return of_x("tf.math.unsorted_segment_sum(x, [-1, 1], 3)", "np.stack([0 * x[0], x[1], 0 * x[0]])")


@program_finding("tf2onnx", "value mismatch")
def angle_of_minus_zero():
    """The angle of -0 and a negative number is -pi, by IEEE 754 and in TensorFlow. The exporter's sum of cases gives pi."""
    return of_x("tf.math.atan2(x * 0, x)", "np.arctan2(x * 0, x)")


@program_finding("tf2onnx", "value mismatch")
def quantised_to_four_bits():
    """num_bits is 4: the numbers are multiples of 1.25. The exporter has steps of 8 bits for any number of bits, and does not look at narrow_range either."""
    return of_x("tf.quantization.quantize_and_dequantize_v2(x, -10.0, 6.0, num_bits=4, range_given=True)", "np.round(np.clip(x, -10, 8.75) * np.float32(0.8)) / np.float32(0.8)")


@program_finding("tf2onnx", "value mismatch")
def resize_by_area():
    """Each element is the mean of two. The exporter takes the nearest one."""
    return of_x('tf.image.resize(x[..., None], [3, 2], method="area")', "x.reshape(2, 3, 2, 2).mean(-1)[..., None]")


@program_finding("tf2onnx", "invalid model")
def resize_of_three_rows_to_five():
    """The exporter gives Resize the scale 5 / 3 as float32, with which the size of the result is 4, and then asks for 5 rows. Sizes would do."""
    return of_x('tf.image.resize(x[..., None], [5, 7], method="nearest")', "x[:, (np.arange(5) * 2 + 1) * 3 // 10][:, :, (np.arange(7) * 2 + 1) * 4 // 14][..., None]")


@program_finding("tf2onnx", "value mismatch")
def crop_to_the_nearest_of_two():
    """The middle column is at 1.5. TensorFlow rounds it to 2 and the exporter's Resize to 1."""
    return of_x('tf.image.crop_and_resize(x[..., None], [[0.0, 0.0, 1.0, 1.0]], [1], [2, 3], method="nearest")', "x[1][[[0], [2]], [0, 2, 3]][None, ..., None]")


@program_finding("tf2onnx", "value mismatch")
def crop_from_outside_of_the_picture():
    """The first and the last row are outside, and are 7. The exporter takes those of the picture."""
    return of_x("tf.image.crop_and_resize(x[..., None], [[-0.5, 0.0, 1.5, 1.0]], [0], [3, 4], extrapolation_value=7.0)", "np.stack([7 + 0 * x[0, 0], x[0, 1], 7 + 0 * x[0, 0]])[None, ..., None]")


@program_finding("tf2onnx", "value mismatch")
def large_whole_numbers_compared():
    """The exporter compares whole numbers as float32, in which 16777217 is 16777216. Greater takes whole numbers since opset 9."""
    return of_z("z + 16777220 > 16777216", "z + 16777220 > 16777216")


@program_finding("tf2onnx", "value mismatch")
def half_precision_and_back():
    """The numbers are too small for float16, and become 0. The exporter removes both Casts."""
    return of_x("tf.cast(tf.cast(x * 1e-9, tf.float16), tf.float32) * 1e9", "x * 0")


@program_finding("tf2onnx", "value mismatch")
def updates_that_are_subtracted():
    """Two updates of one row, which becomes x[1] - x[0] - x[1]. The exporter negates the numbers that are updated in place of the updates."""
    return of_x("tf.tensor_scatter_nd_sub(x, [[1], [1]], x)", "np.stack([x[0], -x[0]])")


@program_finding("tf2onnx", "value mismatch")
def remainder_of_a_fraction():
    """-3.5 is a little more than -5 times 0.7 in float32: the remainder is almost 0.7. The exporter's x - floor(x / y) * y, with a rounded quotient, gives 0."""
    return of_x("tf.math.floormod(x, 0.7)", "np.mod(x, np.float32(0.7))")


@program_finding("tf2onnx", "shape difference")
def diagonal_of_four_rows():
    """num_rows is 4, and the diagonal is the second above the main one: 4 rows of 6. The exporter's result has 4 of 4."""
    return of_x("tf.linalg.diag(x[0, 0], k=2, num_rows=4)", "np.diag(x[0, 0], 2)[:4]")


@program_finding("tf2onnx", "value mismatch")
def crop_upside_down():
    """The box goes from the last row to the first, which turns the picture over. The exporter's does not."""
    return of_x("tf.image.crop_and_resize(x[..., None], [[1.0, 0.0, 0.0, 1.0]], [0], [3, 4])", "x[None, 0, ::-1, :, None]")


@program_finding("tf2onnx", "run failure")
def split_of_what_is_left():
    """The second part has the size -1: what the first leaves. Where dims are dynamic the exporter's Split has -1, too."""
    return of_x("tf.split(x, [1, -1], axis=-1)", ["x[..., :1]", "x[..., 1:]"], dynamic={"x": {0: "a", 1: "b", 2: "c"}})
