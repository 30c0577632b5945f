"""A stand-in for PyTorch with an exporter that errs as it is told: `torch.does = WHAT`. The program's function is y = x + 1."""
import os
import sys

import numpy as np
from onnx import TensorProto, helper

does = "right"
this = sys.modules[__name__]


class Tensor(np.ndarray):
    def detach(self):
        return self

    def numpy(self):
        return np.asarray(self)


def from_numpy(array):
    return array.view(Tensor)


class nn:  # noqa: N801 as in PyTorch
    class Module:
        def eval(self):
            return self

        def __call__(self, *inputs):
            return self.forward(*inputs)


class onnx:  # noqa: N801 as in PyTorch
    @staticmethod
    def export(program, samples, file, input_names, **_):
        if this.does == "raises":
            raise ValueError("cannot export")
        if this.does == "dies":
            os.abort()
        one = {"other value": 3, "nan": float("nan")}.get(this.does, 1)
        kind = TensorProto.INT64 if this.does == "invalid" else TensorProto.FLOAT
        shape = list(program(*samples).shape)
        nodes = [helper.make_node("Constant", [], ["one"], value=helper.make_tensor("one", TensorProto.FLOAT, [], [one])), helper.make_node("Add", [input_names[0], "one"], ["sum"])]
        last = {"other type": TensorProto.DOUBLE, "no kernel": TensorProto.BFLOAT16}.get(this.does)
        nodes.append(helper.make_node("Cast", ["sum"], ["y"], to=last or TensorProto.FLOAT))
        if this.does == "no kernel":
            nodes[-1:] = [helper.make_node("Cast", ["sum"], ["b"], to=last), helper.make_node("Mul", ["b", "b"], ["c"]), helper.make_node("Cast", ["c"], ["y"], to=TensorProto.FLOAT)]
        x = helper.make_tensor_value_info("other" if this.does == "other input" else input_names[0], kind, shape)
        y = helper.make_tensor_value_info("y", TensorProto.DOUBLE if this.does == "other type" else TensorProto.FLOAT, shape)
        if this.does == "other input":
            nodes[1].input[0] = "other"
        model = helper.make_model(helper.make_graph(nodes, "g", [x], [y]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        file.write(model.SerializeToString())
