"""The exporters of PyTorch 2.14.1, and PyTorch itself, in its own words."""
from nngen.study.snippets import Snippet

from study.findings import program_finding

X = "np.arange(24, dtype=np.float32).reshape(2, 3, 4) - np.float32(11.5)"
Z = "np.arange(24).reshape(2, 3, 4) - 12"
SCRIPT, DYNAMO = "torch.onnx-script", "torch.onnx-dynamo"


@program_finding(DYNAMO, "conversion failure", [SCRIPT])
def one_minus_whole_numbers():
    """The exporter's type promotion writes rsub again as sub, with the number in place of the first tensor: "Cannot find a compatible OpOverload for aten.sub"."""
    return Snippet("torch", "1.0 - z", {"z": Z}, "1 - z.astype(np.float32)")


@program_finding(SCRIPT, "invalid model", [DYNAMO])
def sigmoid_of_whole_numbers():
    """PyTorch's sigmoid of whole numbers has float32 results. The exporter writes Sigmoid of int64, which ONNX does not have, without a Cast."""
    return Snippet("torch", "z.sigmoid()", {"z": Z}, "(1 / (1 + np.exp(-z))).astype(np.float32)")


@program_finding(SCRIPT, "value mismatch")
def quotient_rounded_down():
    """PyTorch's // rounds down, and the exporter's Div, Cast to int64 and back rounds towards zero."""
    return Snippet("torch", "x // 0.75", {"x": X}, "np.floor(x / np.float32(0.75))")
