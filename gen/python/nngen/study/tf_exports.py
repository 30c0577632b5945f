"""TensorFlow and tf2onnx on programs that nngen emits: TensorFlow as a runtime, and the exporter, whose models run in ONNX Runtime without
optimisations. All are in the environment "tensorflow"."""
import os
import warnings
from collections import Counter

import onnx

from nngen.study import bridges, outcomes, programs
from nngen.study.cases import bodies
from nngen.study.converters import ordered, then_ort
from nngen.study.targets import target
from nngen.study.torch_exports import free

PACKAGES = ["tensorflow-cpu", "onnx"]
TENSORFLOW = {"kind": "converter", "memory": 6144, "seconds": 120, "batch": 32, "profile": "tensorflow", "environment": "tensorflow"}
OPSETS = range(13, 19)  # of tf2onnx 1.17
EXPORTER = {**TENSORFLOW, "packages": ["tf2onnx", *PACKAGES, "onnxruntime"], "profile": "tf2onnx", "opsets": OPSETS}


def tensorflow(onednn=False):
    """TensorFlow, with or without its kernels of oneDNN, which it chooses when it is imported."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = str(int(onednn))
    warnings.simplefilter("ignore")
    tf = bridges.tensorflow()
    tf.get_logger().setLevel("ERROR")
    return tf


class Program:
    """The program of a case, traced once for all data."""

    NAME = "tensorflow"

    def __init__(self, case, tf):
        self.module = programs.load(case, self.NAME)
        self.tf, self.model = tf, self.module.Model()
        self.sample = {x.name: case.feed(0)[x.name] for x in case.inputs()}
        self.trace()

    def trace(self, free=()):
        """free: pairs of an input's name and an axis whose size is left open."""
        self.sign(free)
        self.concrete = self.model.__call__.get_concrete_function(*self.signature)

    def sign(self, free):
        self.signature = [self.tf.TensorSpec([None if (n, k) in free else d for k, d in enumerate(v.shape)], v.dtype, name=n) for n, v in self.sample.items()]

    def open(self):
        """Leaves open every size that the program does not need: all of them, or else those of the model's symbols and any other, one after the other."""
        every = [(n, k) for n, v in self.sample.items() for k in range(v.ndim)]
        if self.can_trace(every):
            return
        free = [(n, k) for n, axes in self.module.dynamic().items() for k in axes]
        free = free if self.can_trace(free) else []
        for axis in every:
            free += [axis] if axis not in free and self.can_trace([*free, axis]) else []
        self.trace(free)

    def can_trace(self, free):
        try:
            self.trace(free)
        except Exception:  # of Python, TensorFlow or NumPy: a size was needed
            return False
        return True

    def tensors(self, feed):
        return [self.tf.constant(feed[n]) for n in self.sample]

    def run(self, feed):
        return arrays(self.concrete(*self.tensors(feed)))


class KerasProgram(Program):
    """The program with layers, which the first call outside of a graph makes."""

    NAME = "keras"

    def trace(self, free=()):
        self.sign(free)
        self.model(self.tensors(self.sample))
        self.concrete = self.tf.function(lambda *inputs: self.model(list(inputs)), autograph=False).get_concrete_function(*self.signature)


def arrays(results):
    return [y.numpy() for y in (results if isinstance(results, (list, tuple)) else (results,))]


def in_tensorflow(case, onednn):
    tf = tensorflow(onednn)
    case.stage("convert")
    return Program(case, tf).run


@target("tensorflow", PACKAGES, **TENSORFLOW)
def plain(case):
    """The program in TensorFlow, without oneDNN."""
    return in_tensorflow(case, False)


@target("tensorflow-onednn", PACKAGES, **TENSORFLOW)
def onednn(case):
    """As TensorFlow runs without being told anything."""
    return in_tensorflow(case, True)


def right_program(case, dynamic=False):
    """(TensorFlow, the program), whose results are right: what follows is the exporter's."""
    tf = tensorflow()
    case.stage("import")
    program = Program(case, tf)
    if dynamic:
        program.open()
    programs.must_be_right(case, program.module, program.run)
    return tf, program


def graphs(graph):
    """A graph and those in its nodes."""
    yield graph
    for node in graph.node:
        for body in bodies(node):
            yield from graphs(body)


def unknown_operators(model):
    """How many nodes there are of each operator that ONNX does not have in the version which the model imports, as DOMAIN.NAME where there is a domain."""
    versions = {own_domain(o.domain): o.version for o in model.opset_import}
    own = {(f.domain, f.name) for f in model.functions}
    nodes = [n for g in graphs(model.graph) for n in g.node] + [n for f in model.functions for n in f.node]
    return Counter(".".join(filter(None, [n.domain, n.op_type])) for n in nodes if (n.domain, n.op_type) not in own and not has(n, versions))


def own_domain(name):
    """ONNX's own domain has two names."""
    return "" if name == "ai.onnx" else name


def has(node, versions):
    domain = own_domain(node.domain)
    try:
        return domain in versions and not onnx.defs.get_schema(node.op_type, versions[domain], domain).deprecated
    except onnx.defs.SchemaError:
        return False


def must_be_known(model):
    """tf2onnx raises nothing for an operator that it does not know, and writes it as it is."""
    if found := unknown_operators(model):
        raise RuntimeError("operators that ONNX does not have were let through: " + ", ".join(f"{k} ({n})" for k, n in sorted(found.items())))
    return model


def exported(case, convert, *arguments, dynamic=False, **options):
    """Runs a model that tf2onnx makes."""
    case.stage("convert")
    model = must_be_known(convert(*arguments, **options)[0])
    if dynamic:
        case.notes[outcomes.FREE] = free(model)
    return ordered(then_ort(case, model), case, model)


def frozen(tf, concrete):
    """A function without variables and captured constants: they are in its graph."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    body = convert_variables_to_constants_v2(concrete)
    return tf.function(lambda *inputs: body(*inputs), autograph=False)


def from_function_frozen(case, opset, dynamic):
    tf, program = right_program(case, dynamic)
    import tf2onnx

    case.stage("convert")
    return exported(case, tf2onnx.convert.from_function, frozen(tf, program.concrete), program.signature, dynamic=dynamic, opset=opset)


@target("tf2onnx", **EXPORTER)
def function_frozen(case, opset=OPSETS[-1]):
    """from_function, of a function whose weights have been made constants."""
    return from_function_frozen(case, opset, False)


@target("tf2onnx-dynamic", **EXPORTER)
def function_dynamic(case, opset=OPSETS[-1]):
    """The same, with inputs whose sizes are open where the program allows it."""
    return from_function_frozen(case, opset, True)


@target("tf2onnx-unfrozen", **EXPORTER)
def function(case, opset=OPSETS[-1]):
    """from_function, of the program's own function."""
    _, program = right_program(case)
    import tf2onnx

    return exported(case, tf2onnx.convert.from_function, program.model.__call__, program.signature, opset=opset)


@target("tf2onnx-keras", **{**EXPORTER, "packages": ["keras", *EXPORTER["packages"]]})
def keras_model(case, opset=OPSETS[-1]):
    """from_keras, of the program with layers of Keras."""
    tf = tensorflow()
    case.stage("import")
    program = KerasProgram(case, tf)
    programs.must_be_right(case, program.module, program.run)
    import tf2onnx

    return exported(case, tf2onnx.convert.from_keras, program.model, [program.signature], opset=opset)
