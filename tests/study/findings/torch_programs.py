"""The exporters of PyTorch 2.14.1, in PyTorch's own words: operators that they write with another meaning, and none at all."""
from nngen.study.snippets import Snippet

from study.findings import program_finding

X = "np.arange(24, dtype=np.float32).reshape(2, 3, 4) - np.float32(11.5)"
Z = "np.arange(24).reshape(2, 3, 4) - 12"
SCRIPT, DYNAMO = "torch.onnx-script", "torch.onnx-dynamo"


def of_x(body, expected, **more):
    return Snippet("torch", body, {"x": X}, expected, **more)


def of_z(body, expected, **more):
    return Snippet("torch", body, {"z": Z}, expected, **more)


@program_finding(DYNAMO, "conversion failure", [SCRIPT])
def one_minus_whole_numbers():
    """The exporter's type promotion writes rsub again as sub, with the number in place of the first tensor: "Cannot find a compatible OpOverload for aten.sub"."""
    return of_z("1.0 - z", "1 - z.astype(np.float32)")


@program_finding(DYNAMO, "conversion failure")
def whole_numbers_clamped_by_a_fraction():
    """Type promotion makes float32 of the numbers and the bounds, and finds no overload of aten.clamp for the bounds that it made tensors."""
    return of_z("z.clamp(-1.5, 1)", "z.astype(np.float32).clip(-1.5, 1)")


@program_finding(SCRIPT, "type difference")
def bounds_that_become_whole_numbers():
    """PyTorch's clamp of whole numbers by a fraction has float32 results. The exporter casts the bounds to int64, so that -1.5 is -1."""
    return of_z("z.clamp(-1.5, 1)", "z.astype(np.float32).clip(-1.5, 1)")


@program_finding(SCRIPT, "invalid model")
def bfloat16_times_whole_numbers():
    """The result of bfloat16 and int64 is bfloat16. The exporter casts the whole numbers to ONNX's type 15, which is complex128; bfloat16 is 16."""
    return of_z("(z.bfloat16() * z).float()", "z.astype(np.float32) * z.astype(np.float32)")


@program_finding(SCRIPT, "shape difference", [DYNAMO])
def windows_along_a_negative_axis():
    """The exporter counts the axis -2 after it has added one for the windows. With the axis 1, which is the same, it is right."""
    return of_x("x.unfold(-2, 2, 1)", "np.stack([x[:, 0:2], x[:, 1:3]], 1).transpose(0, 1, 3, 2)")


@program_finding(SCRIPT, "shape difference", [DYNAMO])
def part_that_begins_at_a_negative_index():
    """The last two of three: the exporter's end of the slice is -2 + 2 = 0, and nothing remains."""
    return of_x("x.narrow(-2, -2, 2)", "x[:, 1:]")


@program_finding(SCRIPT, "invalid model", [DYNAMO])
def axis_moved_from_the_end():
    """The exporter's Transpose has the permutation -1, 0, 1, and ONNX's must not be negative."""
    return of_x("x.movedim(-1, 0)", "x.transpose(2, 0, 1)")


@program_finding(SCRIPT, "conversion failure")
def sum_into_rows_of_a_negative_axis():
    """With the axis 1, which is the same, the exporter succeeds; with -2 it ends in "INTERNAL ASSERT FAILED" of its shape inference."""
    return of_x("x.index_add(-2, torch.tensor([0, 2]), x[:, :2])", "np.stack([2 * x[:, 0], x[:, 1], x[:, 2] + x[:, 1]], 1)")


@program_finding(SCRIPT, "conversion failure", [DYNAMO])
def roll_of_all_elements():
    """Without dims PyTorch rolls the flattened tensor. The exporter asserts that there are as many dims as shifts."""
    return of_x("x.roll(2)", "np.roll(x.ravel(), 2).reshape(x.shape)")


@program_finding(SCRIPT, "value mismatch", [DYNAMO])
def softplus_with_a_threshold():
    """Above the threshold the result is the number itself. The exporter's Softplus does not have one."""
    return of_x("torch.nn.functional.softplus(x / 8, 2.0, 1.0)", "np.where(x / 8 * 2 > 1, x / 8, np.log1p(np.exp(x / 8 * 2)) / 2)")


@program_finding(SCRIPT, "value mismatch", [DYNAMO])
def quotient_rounded_down():
    """PyTorch's // rounds down. The exporter's Div, Cast to int64 and back round towards zero."""
    return of_x("x // 0.75", "np.floor(x / np.float32(0.75))")


@program_finding(SCRIPT, "invalid model")
def all_of_whole_numbers():
    """PyTorch's all takes any type. The exporter writes Not of int64."""
    return of_z("z.all(-1)", "z.all(-1)")


@program_finding(SCRIPT, "invalid model", [DYNAMO])
def sigmoid_of_whole_numbers():
    """PyTorch's sigmoid of whole numbers has float32 results. The exporter writes Sigmoid of int64, which ONNX does not have, without a Cast."""
    return of_z("z.sigmoid()", "(1 / (1 + np.exp(-z))).astype(np.float32)")


@program_finding(DYNAMO, "invalid model", also=[SCRIPT])
def softmax_of_whole_numbers_as_fractions():
    """PyTorch converts to dtype first. Both exporters write Softmax of int64 and cast its result."""
    return of_z("z.softmax(-1, dtype=torch.float32)", "(np.exp(z) / np.exp(z).sum(-1, keepdims=True)).astype(np.float32)")


@program_finding(DYNAMO, "invalid model", also=[SCRIPT])
def whole_numbers_that_are_no_number():
    """No whole number is NaN. Both exporters write IsNaN of int64, which ONNX does not have."""
    return of_z("z.isnan()", "np.isnan(z)")


@program_finding(SCRIPT, "invalid model", [DYNAMO])
def running_count():
    """PyTorch's cumsum of truth values is of int64. The exporter writes CumSum of bool."""
    return of_z("(z > 0).cumsum(-1)", "(z > 0).cumsum(-1)")


@program_finding(DYNAMO, "invalid model", also=[SCRIPT])
def bytes_negated():
    """PyTorch gives 256 - z. Both exporters write Neg of uint8, which ONNX does not have."""
    return of_z("-z.to(torch.uint8)", "-z.astype(np.uint8)")


@program_finding(DYNAMO, "value mismatch")
def quotient_rounded_down_that_is_almost_whole():
    """The quotient of 10.5 and 0.7 as float32, which is less than 0.7 + 2 ** -25, is less than 15: PyTorch and numpy take the remainder first and give 14. The exporter's Floor of the
    rounded quotient gives 15."""
    return of_x("x // 0.7", "x // np.float32(0.7)")
