"""Small graphs as SVG: layers by longest path, nodes of a layer in the order of their inputs' places."""
from html import escape

import onnx
from onnx import helper

WIDTH, HEIGHT, GAP_X, GAP_Y, LETTER = 40, 30, 18, 34, 7.2
LEAST = 0.7  # of its size, that a wide graph may be drawn at: below, letters cannot be read
LINE = 13


def label(node):
    """Operator, and up to two lines of attributes."""
    parts = []
    for a in node.attribute:
        v = helper.get_attribute_value(a)
        if isinstance(v, (onnx.TensorProto, onnx.GraphProto)):
            v = "…"
        if isinstance(v, bytes):
            v = v.decode("utf-8", "replace")
        if isinstance(v, float):
            v = f"{v:.3g}"
        if isinstance(v, (list, tuple)):
            v = "[" + ",".join(x.decode("utf-8", "replace") if isinstance(x, bytes) else f"{x:.3g}" if isinstance(x, float) else str(x) for x in v) + "]"
        parts.append(f"{a.name}={v}")
    lines, line = [], ""
    for p in parts:
        if line and len(line) + len(p) > 34:
            lines.append(line)
            line = ""
        line += (" " if line else "") + p
    lines += [line] if line else []
    if len(lines) > 3:
        lines = lines[:3] + ["…"]
    return [node.op_type] + [x if len(x) <= 40 else x[:39] + "…" for x in lines]


def shape(info):
    return "×".join(str(d.dim_value) if d.HasField("dim_value") else d.dim_param or "?" for d in info.type.tensor_type.shape.dim) or "scalar"


def boxes(graph):
    """[(key, lines, kind, names read, names made)]"""
    out = [(f"i{i}", [x.name, shape(x)], "input", [], [x.name]) for i, x in enumerate(graph.input)]
    out += [(f"n{i}", label(n), "node", [x for x in n.input if x], [x for x in n.output if x]) for i, n in enumerate(graph.node)]
    shapes = {x.name: shape(x) for x in graph.output}
    return out + [(f"o{i}", [x.name, shapes[x.name]], "output", [x.name], []) for i, x in enumerate(graph.output)]


def layers(items):
    maker = {name: key for key, _, _, _, made in items for name in made}
    depth = {}
    for key, _, _, read, _ in items:  # graphs are in topological order
        depth[key] = 1 + max((depth[maker[r]] for r in read if r in maker), default=-1)
    rows = [[] for _ in range(1 + max(depth.values(), default=0))]
    for item in items:
        rows[depth[item[0]]].append(item)
    place = {}
    for row in rows:
        def middle(item):
            above = [place[maker[r]] for r in item[3] if r in maker and maker[r] in place]
            return sum(above) / len(above) if above else 0.5

        row.sort(key=middle)
        for i, item in enumerate(row):
            place[item[0]] = (i + 0.5) / len(row)
    return rows, maker


def svg(graph, title=""):
    rows, maker = layers(boxes(graph))
    size = {item[0]: (max(WIDTH, LETTER * max(map(len, item[1])) + 16), HEIGHT + LINE * (len(item[1]) - 1)) for row in rows for item in row}
    width = max(sum(size[i[0]][0] + GAP_X for i in row) for row in rows) + GAP_X
    at, y, shapes_ = {}, 8.0, []
    for row in rows:
        x = (width - sum(size[i[0]][0] for i in row) - GAP_X * (len(row) - 1)) / 2
        for key, lines, kind, _, _ in row:
            w, h = size[key]
            at[key] = (x, y, w, h)
            text = "".join(f'<tspan x="{x + w / 2:.1f}" dy="{LINE if i else 0}" class="{"small" if i else "name"}">{escape(t)}</tspan>' for i, t in enumerate(lines))
            shapes_.append(f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{4 if kind == "node" else 12}"/>'
                           f'<text x="{x + w / 2:.1f}" y="{y + 19:.1f}">{text}</text>')
            x += w + GAP_X
        y += max(size[i[0]][1] for i in row) + GAP_Y
    edges = []
    for row in rows:
        for key, _, _, read, _ in row:
            sources = [maker[r] for r in read if r in maker]
            for i, s in enumerate(sources):
                x1, y1 = at[s][0] + at[s][2] / 2, at[s][1] + at[s][3]
                x2, y2 = at[key][0] + at[key][2] * (i + 1) / (len(sources) + 1), at[key][1]
                bend = max(12, (y2 - y1) / 2)
                edges.append(f'<path d="M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2 - 2:.1f}"/>')
    height = y - GAP_Y + 8
    return (f'<svg class="graph" viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px;min-width:{LEAST * width:.0f}px" role="img" aria-label="{escape(title, quote=True)}">'
            f'<g class="edges">{"".join(edges)}</g>{"".join(shapes_)}</svg>')
