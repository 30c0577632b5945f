"""Models with symbolic dims: their sizes by assignment, and the model with the sizes of one in the place of symbols."""
import onnx


def assignments(record):
    """The size of each symbol at each assignment; a model without symbols has one assignment, of none."""
    symbols = record.get("symbols") or {}
    n = min((len(v) for v in symbols.values()), default=1)
    return [{name: values[k] for name, values in symbols.items()} for k in range(n)]


def said(record, least=1):
    """Faults of what the record says of symbols and dims. least: the smallest size of a dimension."""
    symbols = record.get("symbols")
    if symbols is None:
        if any("dims" in p for p in record["inputs"] + record["outputs"]):
            yield "record", "an input or output has dims, but the model has no symbols", ""
        return
    if len({len(v) for v in symbols.values()}) != 1 or any(size < least for v in symbols.values() for size in v):
        yield "record", f"symbols {symbols}: sizes of {least} or more, as many for each symbol, were expected", ""
        return
    used = {d for p in record["inputs"] for d in p.get("dims", ()) if isinstance(d, str)}
    if used != set(symbols):
        yield "record", f"symbols {sorted(symbols)} are those of the record, {sorted(used)} those of its inputs", ""
    for p in record["inputs"] + record["outputs"]:
        first = [symbols[d][0] if isinstance(d, str) and d in symbols else d for d in p.get("dims", p["shape"])]
        if len(first) != len(p["shape"]) or any(a is not None and a != b for a, b in zip(first, p["shape"])):
            yield "record", f"{p['name']!r} has dims {p['dims']} and shape {p['shape']}", ""


def model_at(model, sizes):
    """The model with numbers in the place of symbols; dims of no value stay so."""
    here = onnx.ModelProto()
    here.CopyFrom(model)
    for v in (*here.graph.input, *here.graph.value_info, *here.graph.output):
        for d in v.type.tensor_type.shape.dim:
            if d.dim_param in sizes:
                d.dim_value = sizes[d.dim_param]
    return here


def record_at(record, sizes):
    """The record with the shapes of an assignment; a dimension that it does not know is None."""
    def port(p):
        return {**p, "shape": [sizes.get(d) if isinstance(d, str) else d for d in p["dims"]]} if "dims" in p else p

    return {**record, **{side: [port(p) for p in record[side]] for side in ("inputs", "outputs")}}


def fits(shape, declared):
    """Whether a shape is the declared one, where None is any size."""
    return declared is not None and len(shape) == len(declared) and all(d is None or d == n for n, d in zip(shape, declared))
