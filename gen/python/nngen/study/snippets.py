"""Programs of a few lines in a framework's own words, with what they should give: one text that a child process runs stage by stage, and that a reader can run
as it is. An exporter is to blame for what it makes of a program only if the framework itself gives what is expected."""
import json
import linecache
import warnings
from collections import namedtuple

import numpy as np
import onnx
from onnx import helper

from nngen.study import outcomes, targets
from nngen.study.targets import target

PROPERTY = "nngen.snippet"  # of a model without nodes: the text of each stage of the program
MODULES = ["nngen.study.snippets"]
# framework: that of the program; packages: the first is the one whose version counts; title: its name for its authors
Exporter = namedtuple("Exporter", "framework packages title")
EXPORTERS = {
    "torch": Exporter("torch", ("torch",), "PyTorch"),
    "torch.onnx-script": Exporter("torch", ("torch", "onnx", "onnxruntime"), "torch.onnx.export(dynamo=False)"),
    "torch.onnx-dynamo": Exporter("torch", ("torch", "onnxscript", "onnx", "onnxruntime"), "torch.onnx.export(dynamo=True)"),
    "tensorflow": Exporter("tensorflow", ("tensorflow-cpu",), "TensorFlow"),
    "tf2onnx": Exporter("tensorflow", ("tf2onnx", "tensorflow-cpu", "onnx", "onnxruntime"), "tf2onnx.convert.from_function"),
    "tf2onnx-keras": Exporter("tensorflow", ("tf2onnx", "tensorflow-cpu", "onnx", "onnxruntime"), "tf2onnx.convert.from_keras"),
}
ENVIRONMENT = {"torch": "", "tensorflow": "tensorflow"}

TORCH = """
{before}

class Program(torch.nn.Module):
    def forward(self, {names}):
{body}


def arrays(results):
    return [x.detach().numpy() for x in (results if isinstance(results, (tuple, list)) else [results])]


program = Program().eval()
framework = arrays(program({tensors}))
"""
SAME = """

def must_be_right(results):
    for e, r in zip(expected, results, strict=True):
        assert (r.dtype, r.shape) == (e.dtype, e.shape), f"{{r.dtype}} {{list(r.shape)}}"
        np.testing.assert_allclose(r, e, rtol={rtol}, atol={rtol})

"""
TENSORFLOW = """


{function}def arrays(results):
    return [x.numpy() for x in (results if isinstance(results, (tuple, list)) else [results])]


framework = arrays(program({tensors}))
"""
SCRIPT = """
buffer = io.BytesIO()
torch.onnx.export(program, ({samples},), buffer, dynamo=False, opset_version={opset}, input_names={listed}{free})
model = onnx.load_from_string(buffer.getvalue())
"""
DYNAMO = """
model = torch.onnx.export(program, ({samples},), dynamo=True, input_names={listed}{opset}{free}).model_proto
"""
TF2ONNX = """
signature = [{specs}]
model, _ = tf2onnx.convert.{route}(program, signature, opset={opset})
"""
CHECK = """
onnx.checker.check_model(model, full_check=True)
"""
LOAD = """
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
"""
RUN = """
feed = {{{pairs}}}
actual = session.run(None, {{x.name: feed[x.name] for x in session.get_inputs()}})
"""
VERDICT = """
for e, a in zip(expected, actual):
    print("expected", e.dtype, list(e.shape), *e.ravel()[:12])
    print("actual  ", a.dtype, list(a.shape), *a.ravel()[:12])
must_be_right(actual)
"""


class Snippet:
    """body: an expression over the inputs, or the statements of a function that end in a return. inputs: {name: its value, in numpy's words}.
    expected: the outputs, in numpy's words over the inputs. samples: other inputs for the export, where dims are dynamic: {input: {axis: name}}.
    model: for a Keras model instead of a function: the expression that makes it. before: a statement of the framework before the function. exact: no rounding is
    allowed."""

    def __init__(self, framework, body, inputs, expected, *, opset=None, dynamic=None, samples=None, model="", before="", exact=False):
        self.framework, self.body, self.inputs, self.dynamic = framework, body, inputs, dynamic or {}
        self.expected = [expected] if isinstance(expected, str) else list(expected)
        self.opset, self.samples, self.model, self.before, self.exact = opset, samples or {}, model, before, exact

    def statements(self):
        """The body of the function."""
        return self.body if "return " in self.body else f"return {self.body}"

    def given(self):
        """The lines that make inputs and expected outputs."""
        lines = [f"{n} = {text}" for n, text in self.inputs.items()]
        return [*lines, f"expected = [{', '.join(self.expected)}]"]

    def program(self):
        """The lines of the program alone, as a reader sees it in a list of findings."""
        if self.model:
            return [f"program = {self.model}"]
        return [*filter(None, [self.before]), f"def program({', '.join(self.inputs)}):", *indented(self.statements(), 4)]

    def values(self):
        """({input: array}, expected outputs)."""
        names = {"np": np}
        for line in self.given():
            exec(line, names)  # pylint: disable=exec-used
        return {n: np.asarray(names[n]) for n in self.inputs}, [np.asarray(e) for e in names["expected"]]

    def stages(self, exporter, faithful=True):
        """[(stage, text)]; all texts together are the program, but for its verdict. faithful: the framework must give what is expected before the export."""
        makers = {"torch": self.torch_stages, "tensorflow": self.tensorflow_stages}
        imports, setup, convert = makers[self.framework](exporter)
        given = ["import io"] * ("io." in convert) + [f"import {x}" for x in sorted({"numpy as np", *imports})]
        if given[0] == "import io":
            given[1:1] = [""]
        first = "\n".join([*given, "", *self.given()]) + setup + SAME.format(rtol="0" if self.exact else "1e-2")
        if exporter == self.framework:
            return [("run", first), ("run", "actual = framework\n")]
        if faithful:  # an exporter is not to blame for what the framework itself does
            first += f"\nmust_be_right(framework)  # {EXPORTERS[self.framework].title} itself is\n"
        pairs = ", ".join(f'"{n}": {n}' for n in self.inputs)
        return [("import" if faithful else "start", first), ("convert", convert), ("check", CHECK), ("load", LOAD), ("run", RUN.format(pairs=pairs))]

    def torch_stages(self, exporter):
        tensors = [f"torch.from_numpy({n})" for n in self.inputs]
        samples = ", ".join(f"torch.from_numpy({self.samples.get(n, n)})" for n in self.inputs)
        before = f"\n{self.before}\n" if self.before else ""
        setup = TORCH.format(before=before, names=", ".join(self.inputs), body="\n".join(indented(self.statements(), 8)), tensors=", ".join(tensors))
        listed = "[" + ", ".join(f'"{n}"' for n in self.inputs) + "]"
        if exporter == "torch.onnx-dynamo":
            free = "".join(f'"{n}": {self.axes(n)}, ' for n in self.inputs)
            convert = DYNAMO.format(samples=samples, listed=listed, opset=f", opset_version={self.opset}" if self.opset else "", free=f", dynamic_shapes={{{free[:-2]}}}" if self.dynamic else "")
        else:
            convert = SCRIPT.format(samples=samples, listed=listed, opset=self.opset or 17, free=f", dynamic_axes={self.dynamic}" if self.dynamic else "")
        return ["torch"] + ["onnx", "onnxruntime"] * (exporter != "torch"), setup, convert

    def axes(self, name):
        """The free axes of an input, in the words of torch.export."""
        return "{" + ", ".join(f"{axis}: torch.export.Dim.DYNAMIC" for axis in self.dynamic[name]) + "}" if name in self.dynamic else "None"

    def tensorflow_stages(self, exporter):
        function = "\n".join(self.program()) + "\n\n\n"
        if not self.model:
            function = function.replace("def program(", "\n\n" * bool(self.before) + "@tf.function\ndef program(", 1)
        setup = TENSORFLOW.format(function=function, tensors=", ".join(f"tf.constant({n})" for n in self.inputs))
        specs = ", ".join(f'tf.TensorSpec({self.spec(n)}, {n}.dtype, name="{n}")' for n in self.inputs)
        convert = TF2ONNX.format(specs=specs, route="from_keras" if exporter == "tf2onnx-keras" else "from_function", opset=self.opset or 17)
        return ["tensorflow as tf"] + ["onnx", "onnxruntime", "tf2onnx"] * (exporter != "tensorflow"), setup, convert

    def spec(self, name):
        """The declared shape of an input: None where it is dynamic."""
        if name not in self.dynamic:
            return f"{name}.shape"
        free = self.dynamic[name]
        return str([None if k in free else d for k, d in enumerate(self.values()[0][name].shape)])

    def script(self, exporter):
        """The whole program, which fails where the defect is."""
        return "".join(text for _, text in self.stages(exporter)) + VERDICT

    def made(self, exporter, faithful=True):
        """(model, feed, expected outputs) for nngen.study.reduce.Oracle: the model has no nodes and tells the interface of the program."""
        feed, expected = self.values()
        inputs = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in feed.items()]
        outputs = [helper.make_tensor_value_info(f"output_{k}", helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for k, v in enumerate(expected)]
        model = helper.make_model(helper.make_graph([], "snippet", inputs, outputs), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, {PROPERTY: json.dumps(self.stages(exporter, faithful))})
        return model, feed, expected


def indented(text, by):
    return [" " * by + line if line else "" for line in text.splitlines()]


def runner(exporter):
    """The target that runs programs of the exporter's framework."""
    return f"snippet-{EXPORTERS[exporter].framework}"


def level(exact):
    """The tolerance of a program's outputs."""
    return {"name": "exact", "ulp": 0} if exact else outcomes.tolerance("loose")


def outcome(result, tolerance):
    """As of any target; one more is a model that is not valid."""
    if result["status"] == "failed" and result["stage"] == "check":
        return "invalid model"
    return outcomes.outcome(result, tolerance)


def versions(exporter):
    """{package: version} of what the exporter needs."""
    e = EXPORTERS[exporter]
    return {p: targets.version_of(p, ENVIRONMENT[e.framework]) for p in e.packages}


def why_not(exporter):
    """Why programs cannot go through an exporter here, or ""."""
    e = EXPORTERS[exporter]
    return targets.why_not(targets.Target(exporter, None, e.packages, (), "converter", 0, 0, 1, targets.PROFILE, ENVIRONMENT[e.framework]))


def execute(names, stage, text, number):
    """Runs the text of a stage; frameworks look for the source of functions."""
    file = f"<{stage} {number}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    exec(compile(text, file, "exec"), names)  # pylint: disable=exec-used


def run_snippet(case):
    warnings.simplefilter("ignore")
    stages = json.loads(next(p.value for p in case.model().metadata_props if p.key == PROPERTY))
    names = {"__name__": "snippet"}
    for number, (stage, text) in enumerate(stages[:-1]):
        case.stage(stage)
        execute(names, stage, text, number)
    last = stages[-1]

    def run(_):
        execute(names, *last, len(stages))
        return names["actual"]

    return run


for _framework in ENVIRONMENT:
    target(f"snippet-{_framework}", [], kind="snippet", memory=6144, seconds=240, environment=ENVIRONMENT[_framework])(run_snippet)
