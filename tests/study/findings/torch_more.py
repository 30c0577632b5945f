"""The exporter of PyTorch 2.14.1 that traces (dynamo=False), in PyTorch's own words: further operators."""
from nngen.study.snippets import Snippet

from study.findings import program_finding
from study.findings.torch_programs import DYNAMO, SCRIPT, X, of_x, of_z


@program_finding(SCRIPT, "value mismatch", [DYNAMO])
def any_of_numbers_whose_sum_is_nothing():
    """any is true where a number is not 0. The exporter asks whether the sum is greater than 0, and -1 + 1 is not; nor is -1 alone."""
    return of_z("z.any(1)", "z.any(1)")


@program_finding(SCRIPT, "invalid model", [DYNAMO])
def greatest_of_truth_values():
    """ONNX's ReduceMax has no bool before opset 20, and the exporter does not cast."""
    return of_z("(z > 0).amax(-1)", "(z > 0).max(-1)")


@program_finding(DYNAMO, "invalid model", also=[SCRIPT])
def truth_values_sorted():
    """ONNX's TopK has no bool, and neither exporter casts."""
    return of_z("(z > -11).sort(-1)", ["np.sort(z > -11, -1)", "np.argsort(z > -11, -1, kind='stable')"])


@program_finding(SCRIPT, "type difference")
def logarithm_of_a_sum_of_whole_numbers():
    """PyTorch's logsumexp of whole numbers is of float32. The exporter's ReduceLogSumExp is of int64."""
    return of_z("z.logsumexp(-1)", "np.log(np.exp(z).sum(-1)).astype(np.float32)")


@program_finding(SCRIPT, "value mismatch")
def rows_put_twice():
    """accumulate is set: two updates of one row add up. The exporter's ScatterND adds the one that it comes to last."""
    return of_x("x.index_put((torch.tensor([0, 0]),), x, accumulate=True)", "np.stack([x[0] + x[0] + x[1], x[1]])")


@program_finding(SCRIPT, "conversion failure")
def two_axes_squeezed():
    """The exporter takes one axis: "only one element tensors can be converted to Python scalars"."""
    return of_x("x[:1, :1].squeeze((0, 1))", "x[0, 0]")


@program_finding(SCRIPT, "NaN/Inf difference")
def distance_by_absolute_differences():
    """The exporter raises differences to the power of p without their absolute values, and 1 / p of a negative sum is not a number."""
    return of_x("torch.cdist(x[:, :1], x, 1.0)", "np.abs(x[:, :1, None] - x[:, None]).sum(-1)")


@program_finding(SCRIPT, "value mismatch or NaN/Inf difference")
def distance_by_the_largest_difference():
    """With p infinite the distance is the largest difference. The exporter raises to the power of infinity."""
    return of_x("torch.cdist(x, x, float('inf'))", "np.abs(x[:, :, None] - x[:, None]).max(-1)")


@program_finding(SCRIPT, "type difference")
def product_of_whole_numbers_added():
    """addcmul of whole numbers is of int64. The exporter casts to float32 for the factor, and not back."""
    return of_z("torch.addcmul(z, z, z, value=2)", "z + 2 * z * z")


@program_finding(SCRIPT, "invalid model")
def whole_numbers_rounded_down():
    """PyTorch's floor of whole numbers gives them as they are. The exporter writes Floor of int64, which ONNX does not have; also ceil."""
    return of_z("z.floor()", "z")


@program_finding(SCRIPT, "invalid model")
def larger_of_truth_values():
    """ONNX's Max has no bool, and the exporter does not cast."""
    return of_z("torch.maximum(z > 0, z < -3)", "(z > 0) | (z < -3)")


@program_finding(SCRIPT, "invalid model")
def truth_values_added():
    """The sum of truth values is true where one is. The exporter writes Add of bool, which ONNX does not have."""
    return of_z("(z > 0) + (z < -3)", "(z > 0) | (z < -3)")


@program_finding(SCRIPT, "run failure")
def greatest_of_fewer_scattered_numbers():
    """There are fewer indices than numbers, and the first numbers are taken. ONNX's ScatterElements wants as many of both; the exporter gives it all numbers."""
    return Snippet("torch", "x.scatter_reduce(1, i, x, 'amax')", {"x": X, "i": "np.zeros((2, 1, 4), np.int64)"}, "x")


@program_finding(SCRIPT, "run failure")
def greatest_of_scattered_numbers():
    """For tensors of rank 0 the exporter writes an If around ScatterElements. It declares the results by the branch that is not taken, float[24] for 2 by 3 by 4."""
    return Snippet("torch", "x.scatter_reduce(1, i, x, 'amax')", {"x": X, "i": "np.zeros((2, 3, 4), np.int64)"}, "np.concatenate([x.max(1, keepdims=True), x[:, 1:]], 1)")


@program_finding(SCRIPT, "invalid model")
def power_of_bytes():
    """ONNX's Pow has no uint8, and the exporter does not cast."""
    return of_z("z.to(torch.uint8) ** 2", "z.astype(np.uint8) ** np.uint8(2)")


@program_finding(SCRIPT, "invalid model")
def one_hot_of_as_many_as_there_are():
    """Without num_classes there are as many as the largest number and one. The exporter's depth is -1."""
    return of_z("torch.nn.functional.one_hot(z % 3)", "np.eye(3, dtype=np.int64)[z % 3]")


@program_finding(SCRIPT, "conversion failure")
def tensor_full_of_truth():
    """The exporter ends in "INTERNAL ASSERT FAILED" of its alias analysis; a tensor full of 1 is exported."""
    return of_z("torch.full((2, 3, 4), True) & (z > 0)", "z > 0")


@program_finding(SCRIPT, "value mismatch")
def sum_of_a_window_by_another_divisor():
    """divisor_override is 3: the sums of four are divided by it. The exporter's AveragePool divides by four."""
    return of_x("torch.nn.functional.avg_pool2d(x[None], 2, divisor_override=3)", "x[None, :, :2].reshape(1, 2, 2, 2, 2).sum((2, 4), keepdims=True)[:, :, 0, :, 0].reshape(1, 2, 1, 2) / np.float32(3)")


@program_finding(SCRIPT, "invalid model")
def greatest_of_windows_of_whole_numbers():
    """ONNX's MaxPool has no int64, and the exporter does not cast."""
    return of_z("torch.nn.functional.max_pool2d(z[None], (1, 2))", "z[None].reshape(1, 2, 3, 2, 2).max(-1)")


@program_finding(SCRIPT, "invalid model")
def places_of_the_greatest_without_a_batch():
    """Pictures without a batch axis. With return_indices the exporter does not add one, and the window has more axes than MaxPool's input has for it."""
    expected = ["x.reshape(2, 3, 2, 2).max(-1)", "np.tile(np.arange(1, 12, 2).reshape(3, 2), (2, 1, 1))"]
    return of_x("torch.nn.functional.max_pool2d(x, (1, 2), return_indices=True)", expected)


@program_finding(SCRIPT, "invalid model")
def loss_by_probabilities():
    """The targets are probabilities. The exporter writes SoftmaxCrossEntropyLoss, whose labels are whole numbers."""
    return of_x("torch.nn.functional.cross_entropy(x, torch.full((2, 3, 4), 0.25))", "np.mean(-0.25 * (x - np.log(np.exp(x).sum(1, keepdims=True))).sum(1))")


@program_finding(SCRIPT, "invalid model")
def sum_along_no_axes():
    """PyTorch takes an empty list of axes for all axes. The exporter gives ReduceSum an empty list of float32; also mean."""
    return of_x("(x + 1).sum(())", "np.float32(24)")
