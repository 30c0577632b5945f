"""nngen show: models as text and drawings, and the page of a corpus, in a browser if there is one."""
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import onnx
import pytest
from conftest import ROOT
from onnx import TensorProto, helper

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def corpus(nngen, tmp_path_factory):
    out = tmp_path_factory.mktemp("show") / "c"
    r = nngen("--nodes", 30, "--count", 12, "--motifs", "0.9", "--seed", 3, "--out", out, "--quiet")
    assert r.code == 0, r.err
    return out


def rows(corpus):
    return [json.loads(x) for x in (corpus / "models.jsonl").read_text().splitlines()]


def test_text_has_every_node_and_no_weights(nngen, corpus):
    for row in rows(corpus):
        model = onnx.load(corpus / row["name"] / "model.onnx")
        r = nngen("show", corpus / row["name"])
        assert r.code == 0, r.err
        lines = re.findall(r"^   +(\d+)  (.*?) = (\w+)\((.*)\)", r.out, re.M)
        assert [(x[0], x[2]) for x in lines] == [(str(i), n.op_type) for i, n in enumerate(model.graph.node)]
        for (_, results, _, operands), n in zip(lines, model.graph.node):
            assert all(o in results for o in n.output) and all(o in operands for o in n.input)
        assert len(r.out) < 300 * len(model.graph.node) + 4000
        listed = re.findall(r"^  (\w+) \((\w+)\): nodes ([\d ]+)$", r.out, re.M)
        assert listed == [(m["name"], m["level"], " ".join(map(str, m["nodes"]))) for m in row["motifs"]]


def test_drawing_is_xml_with_a_box_for_every_node(nngen, corpus):
    for row in rows(corpus):
        r = nngen("show", corpus / row["name"] / "model.onnx", "--format", "svg")
        assert r.code == 0, r.err
        root = ET.fromstring(r.out)
        boxes = [g for g in root.iter(SVG + "g") if g.get("class", "").split()[:1] == ["n"]]
        assert len(boxes) == row["nodes"]
        counts = {}
        for g in boxes:
            op = g.find(SVG + "text").text
            counts[op] = counts.get(op, 0) + 1
        assert counts == row["operators"]
        inside = {i for m in row["motifs"] for i in m["nodes"]}
        assert sum(len(g.get("class").split()) > 1 for g in boxes) == len(inside)
        ends = [g for g in root.iter(SVG + "g") if g.get("class") == "io"]
        assert len(ends) == len(row["inputs"]) + len(row["outputs"])
        for m in row["motifs"]:
            assert f"{m['name']} ({m['level']})" in r.out


def test_large_drawings_are_readable(nngen, tmp_path):
    """100 nodes: no two boxes overlap, and each is as wide as its text."""
    assert nngen("--nodes", 100, "--count", 2, "--out", tmp_path / "c", "--quiet").code == 0
    root = ET.fromstring(nngen("show", tmp_path / "c/test_000001", "--format=svg").out)
    boxes = [[int(r.get(k)) for k in ("x", "y", "width", "height")] for g in root.iter(SVG + "g") for r in g.findall(SVG + "rect") if not g.get("class", "").startswith("m")]
    assert len(boxes) > 100
    for i, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[:i]:
            assert x >= x2 + w2 or x2 >= x + w or y >= y2 + h2 or y2 >= y + h
    for g in root.iter(SVG + "g"):
        if g.get("class", "").split()[:1] == ["n"]:
            assert int(g.find(SVG + "rect").get("width")) > 6 * len(g.find(SVG + "text").text)


def test_picture_of_the_documents(nngen, corpus):
    """gen/dist/show.svg is drawn as models are drawn now: the same style sheet and the same form of every element."""
    def form(text):
        return {re.sub(r"-?\d+", "0", re.sub(r">[^<]*<", "><", line)) for line in text.splitlines() if line.startswith("<g class=\"n\">")}

    picture = (ROOT / "gen/dist/show.svg").read_text()
    text = nngen("show", corpus / "test_000000", "--format", "svg").out
    style = re.search(r"<style>.*?</style>", text, re.S)[0]
    assert style in picture and form(picture) <= form(text) != set() and picture.count('<g class="n') == 16


def test_marks(nngen, corpus):
    model = onnx.load(corpus / "test_000002/model.onnx")
    node, other = model.graph.node[3], model.graph.node[7]
    r = nngen("show", corpus / "test_000002", "--mark", f"{node.name},{other.output[0]},11")
    assert r.code == 0 and re.findall(r"^! +(\d+) ", r.out, re.M) == ["3", "7", "11"]
    r = nngen("show", corpus / "test_000002", "--mark", "3", "--format", "svg")
    assert r.out.count('class="n f"') + len(re.findall(r'class="n m\d f"', r.out)) == 1 and f">! {node.op_type}<" in r.out
    r = nngen("show", corpus / "test_000002", "--mark", node.name[:-1] + "x")
    assert r.code == 2 and "the model has no such node; did you mean" in r.err
    r = nngen("show", corpus, "--mark", "3")
    assert r.code == 2 and "--mark: expected a model, not a directory of models" in r.err


def test_graphviz(nngen, corpus):
    model = onnx.load(corpus / "test_000001/model.onnx")
    text = nngen("show", corpus / "test_000001", "--format", "dot").out
    assert text.startswith('digraph "') and text.endswith("}\n")
    assert set(re.findall(r"^  n(\d+) \[", text, re.M)) == {str(i) for i in range(len(model.graph.node))}
    made = {o: f"n{i}" for i, n in enumerate(model.graph.node) for o in n.output}
    edges = {(made[x], f"n{i}") for i, n in enumerate(model.graph.node) for x in n.input if x and x in made}
    assert {e for e in re.findall(r"^  (n\d+) -> (n\d+) ", text, re.M)} == edges
    declared = set(re.findall(r"^  (\w+) \[", text, re.M)) - {"node"}
    assert {x for e in re.findall(r"^  (\w+) -> (\w+) ", text, re.M) for x in e} <= declared
    if shutil.which("dot"):
        assert subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True).returncode == 0


def test_any_model(nngen, tmp_path):
    """Bodies, other domains, unknown types, free dimensions, no names."""
    body = helper.make_graph([helper.make_node("Relu", ["x"], ["b"])], "b", [], [helper.make_tensor_value_info("b", TensorProto.FLOAT, None)])
    nodes = [helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body), helper.make_node("Own", ["y"], ["z"], domain="my.domain", text="<&\">")]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.COMPLEX64, ["N", 3, None]), helper.make_tensor_value_info("c", TensorProto.BOOL, [])],
                              [helper.make_empty_tensor_value_info("z")])
    onnx.save(helper.make_model(graph), tmp_path / "m.onnx")
    r = nngen("show", tmp_path / "m.onnx")
    assert r.code == 0 and "x: ?[N,3,?]" in r.out and "my.domain.Own(y) {text='<&\">'}" in r.out and "body 1:" in r.out and "body 2:" in r.out
    ET.fromstring(nngen("show", tmp_path / "m.onnx", "--format", "svg").out)


def test_broken_files(nngen, tmp_path, corpus):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.onnx").write_bytes(b"\x00garbage")
    (tmp_path / "d/b.onnx").write_bytes((corpus / "test_000000/model.onnx").read_bytes()[:-700])
    for name in "ab":
        for form in ("text", "svg", "dot", "html"):
            r = nngen("show", tmp_path / f"d/{name}.onnx", "--format", form)
            assert r.code == 1 and r.out == "" and re.match(r"nngen: \S*\.onnx: is not an ONNX model", r.err), r.err
    r = nngen("show", tmp_path / "d")
    assert r.code == 1 and r.err.endswith("d: has no .onnx file that can be read\n")
    shutil.copy(corpus / "test_000000/model.onnx", tmp_path / "d/c.onnx")
    r = nngen("show", tmp_path / "d")
    assert r.code == 1 and len(r.out.splitlines()) == 1 and r.out.startswith("c: 30 nodes")
    assert nngen("show", tmp_path / "none").code == 1
    (tmp_path / "e").mkdir()
    assert nngen("show", tmp_path / "e").err.endswith("contains no .onnx file\n")


def test_usage(nngen, tmp_path):
    assert "nngen show MODEL" in nngen("show", "--help").out and nngen("show", "-h").out == nngen("show", "--help").out
    for arguments, message in ((["a", "b"], "show b: expected one path"), ([], "show: expected a path"), (["a", "--format", "svgs"], "--format svgs: expected text, svg, dot or html; did you mean svg?"),
                               (["a", "--frmat", "svg"], "did you mean --format?"), (["a", "--mark"], "--mark: expected NODE,..."), (["a", "--out="], "--out '': expected FILE")):
        r = nngen("show", *arguments)
        assert r.code == 2 and message in r.err, r.err


def test_directory_as_text(nngen, corpus):
    lines = nngen("show", f"{corpus}/").out.splitlines()
    assert len(lines) == 12
    for line, row in zip(lines, rows(corpus)):
        name, counts, operators = line.split(": ")
        assert name == row["name"] and counts.startswith("30 nodes")
        assert operators == ", ".join(f"{o} {n}" if n > 1 else o for o, n in sorted(row["operators"].items()))


@pytest.fixture(scope="module")
def page(nngen, corpus):
    for form in ("index.html", "again.html"):
        r = nngen("show", corpus, "--out", corpus.parent / form)
        assert r.code == 0 and r.out == "" and r.err == ""
    assert (corpus.parent / "index.html").read_bytes() == (corpus.parent / "again.html").read_bytes()
    return corpus.parent / "index.html"


def test_page_is_alone(page, corpus):
    text = page.read_text("utf-8")
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert links == [f"c/{row['name']}/model.onnx" for row in rows(corpus)] and all((page.parent / x).exists() for x in links)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(|fetch\(", text)


def browser(*arguments):
    done = subprocess.run([CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=4000", *arguments],
                          capture_output=True, text=True, timeout=120)
    return done.stdout, [x for x in done.stderr.splitlines() if "CONSOLE" in x]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize("size", ["1200,2000", "390,2000"])
@pytest.mark.parametrize("scheme", ["0", "1"])
def test_page_in_a_browser(page, corpus, tmp_path, size, scheme):
    """No message on the console; search, limits and sorting work; a drawing can be enlarged; nothing scrolls sideways."""
    op = next(iter(rows(corpus)[4]["operators"]))
    motif = next(m["name"] for row in rows(corpus) for m in row["motifs"])
    with_op = [r["name"] for r in rows(corpus) if any(op.lower() in x.lower() for x in [*r["operators"], *(m["name"] for m in r["motifs"])])]
    without = [r["name"] for r in rows(corpus) if op not in r["operators"]]
    with_motif = [r["name"] for r in rows(corpus) if any(motif in m["name"] for m in r["motifs"])]
    kinds = [r["name"] for r in sorted(rows(corpus), key=lambda r: (len(r["operators"]), r["name"]))]
    script = """<script>
const shown = () => [...document.querySelectorAll('article')].filter(c => !c.hidden).map(c => c.querySelector('a').textContent).join();
const type = (id, text) => { $(id).value = text; $(id).oninput(); return shown(); };
const results = [type('q', %s), type('q', %s), type('q', %s), type('q', 'no such operator'), type('q', '')];
results.push(type('lo', '31')); type('lo', '');
$('sort').value = 'k'; $('sort').onchange(); results.push(shown());
const wide = () => document.documentElement.scrollWidth - document.documentElement.clientWidth, flat = wide();
document.querySelector('button.z').click();
results.push([flat, wide(), document.querySelectorAll('article.big').length, $('count').textContent, $('ops').children.length].join());
document.title = results.join('|');
</script></body>""" % tuple(map(json.dumps, (op, "-" + op, motif)))
    probe = tmp_path / "probe.html"
    probe.write_text(page.read_text("utf-8").replace("</body>", script), "utf-8")
    dom, console = browser(f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom", probe.as_uri())
    assert not console
    found = re.search(r"<title>(.*?)</title>", dom)[1].split("|")
    names = [r["name"] for r in rows(corpus)]
    operators = len({o for r in rows(corpus) for o in r["operators"]})
    assert found == [",".join(with_op), ",".join(without), ",".join(with_motif), "", ",".join(names), "", ",".join(kinds), f"0,0,1,12 of 12 models,{operators}"]
    picture = tmp_path / "page.png"
    _, console = browser(f"--window-size={size}", f"--screenshot={picture}", page.as_uri())
    assert not console and picture.stat().st_size > 20000
