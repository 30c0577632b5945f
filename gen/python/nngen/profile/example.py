"""onnx's reference evaluator: an example of an adapter."""
PACKAGES = ("onnx",)


def run(path, inputs):
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(path).run(None, inputs)
