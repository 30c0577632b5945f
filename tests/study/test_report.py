"""The report is one page that needs nothing else, holds the run's numbers, and works in a browser."""
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import onnx
import pytest
from onnx import TensorProto, helper

from nngen.study import drawing, engine, outcomes, report
from study.test_study import MODULES, save

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
FAULTS = ["fault-value", "fault-shape", "fault-nan", "fault-signal", "fault-load", "fault-run"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("report")
    for i, ops in enumerate([["Abs"], ["Relu"], ["Abs", "Relu"], ["Neg", "Relu", "Abs"], ["Exp", "Tanh"]]):
        save(root / f"c/test_{i:06d}", ops)
    engine.Run(root / "c", root / "o", FAULTS, modules=MODULES, quiet=True).go()
    (root / "o/sequences-fault.txt").write_text("Abs,Relu <b>\n")
    arms = {"treated": {"models": 20, "failed": 19}, "apart": {"models": 20, "failed": 2}, "without": {"models": 19, "failed": 0}}
    test = {"difference": 0.85, "low": 0.6, "high": 0.93, "p": 1e-8, "holm": 2e-8}
    (root / "o/causes.json").write_text(json.dumps([{"target": "fault-nan", "sequence": "Abs,Relu", "verdict": "sequence", "arms": arms, "tests": {"apart": test, "without": test}},
                                                    {"target": "fault-nan", "sequence": "Exp,Tanh", "verdict": "not tested", "why": "cannot be <made>"}]))
    report.write(root / "o", root / "o/report.html")
    return root / "o"


class Page(HTMLParser):
    VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "i"}

    def __init__(self):
        super().__init__()
        self.open, self.bad, self.links, self.ids = [], [], [], set()

    def handle_starttag(self, tag, attrs):
        for k, v in attrs:
            if k in ("src", "href", "action", "data"):
                self.links.append(v)
            if k == "id":
                self.ids.add(v)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.bad.append(tag)


def test_one_page_without_external_resources(run):
    text = (run / "report.html").read_text("utf-8")
    page = Page()
    page.feed(text)
    assert not page.bad and not page.open
    assert all(x.startswith("#") or x == "data:," for x in page.links) and {x[1:] for x in page.links if x.startswith("#")} <= page.ids
    assert not re.search(r"https?:|@import|url\(|<!--[A-Z]+-->|" + re.escape(str(run.parent)), text)
    assert "width=device-width" in text and "prefers-color-scheme: dark" in text and "Abs,Relu &lt;b&gt;" in text


def embedded(run):
    text = (run / "report.html").read_text("utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def test_embedded_numbers(run):
    page, rs = embedded(run), engine.read_results(run)
    for t in outcomes.levels(rs):
        for target, by in page["counts"][t["name"]].items():
            assert sum(sum(c.values()) for c in by.values()) == sum(r["target"] == target for r in rs) == 5
    assert page["operators"]["1e-7"]["fault-value"]["Relu"] == [3, {"value mismatch": 3}] and page["operators"]["1e-7"]["fault-value"]["Exp"] == [1, {}]
    assert page["pairs"]["fault-nan"]["Abs>Relu"] == [1, 1] and "Exp>Tanh" not in page["pairs"]["fault-nan"]
    curve = page["curves"]["fault-value"]
    assert curve["models"] == 5 and curve["shares"] == sorted(curve["shares"]) and curve["shares"][0] == 0.4 and curve["shares"][-1] == 1
    assert {k["target"]: k["count"] for k in page["kinds"]} == {"fault-signal": 3, "fault-load": 3, "fault-run": 3}


def test_drawing_has_every_node_and_edge():
    nodes = [helper.make_node("Split", ["x"], ["a", "b"], axis=0), helper.make_node("Add", ["a", "b"], ["y"]), helper.make_node("Mul", ["y", "a"], ["z"])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 2])],
                              [helper.make_tensor_value_info("z", TensorProto.FLOAT, [2, 2])])
    text = drawing.svg(graph, 'a "title" & <more>')
    assert text.count("<rect") == 5 and text.count("<path") == 6 and "axis=0" in text and "4×2" in text
    import xml.etree.ElementTree as ET

    ET.fromstring(text)


def test_deep_and_wide_graphs_are_drawn():
    n = 40
    nodes = [helper.make_node("Abs", ["x"], [f"a{i}"]) for i in range(n)] + [helper.make_node("Sum", [f"a{i}" for i in range(n)], ["s0"])]
    nodes += [helper.make_node("Neg", [f"s{i}"], [f"s{i + 1}"]) for i in range(n)]
    x, y = (helper.make_tensor_value_info(k, TensorProto.FLOAT, []) for k in ("x", f"s{n}"))
    graph = helper.make_graph(nodes, "g", [x], [y])
    onnx.checker.check_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]))
    assert drawing.svg(graph).count("<rect") == 2 * n + 3


def browser(*arguments):
    done = subprocess.run([CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=4000", *arguments],
                          capture_output=True, text=True, timeout=120)
    return done.stdout, [x for x in done.stderr.splitlines() if "CONSOLE" in x]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize("size", ["1200,2000", "390,2000"])
@pytest.mark.parametrize("scheme", ["0", "1"])
def test_in_a_browser(run, tmp_path, size, scheme):
    """No message on the console; the script has filled the tables; a phone's width needs no scrolling sideways."""
    probe = tmp_path / "probe.html"
    text = (run / "report.html").read_text("utf-8")
    script = """<script>
const column = (id, n) => [...document.querySelectorAll(`#${id} tbody tr`)].map(r => r.cells[n].textContent), button = (id, n) => document.querySelectorAll(`#${id} th button`)[n];
document.getElementById('tolerance').value = 'loose'; document.getElementById('tolerance').onchange();
for (const b of document.querySelectorAll('th button')) b.click();
const sorts = [];
button('t-outcomes', 0).click(); sorts.push(column('t-outcomes', 0).join() === [...column('t-outcomes', 0)].sort().join());
button('t-outcomes', 0).click(); sorts.push(column('t-outcomes', 0).join() === [...column('t-outcomes', 0)].sort().reverse().join());
button('t-load', 1).click(); sorts.push(column('t-load', 1).slice(0, 4).join() === '3544,1820,1724,5');
document.title = `wide ${document.documentElement.scrollWidth - document.documentElement.clientWidth} sorts ${sorts}`;
</script></body>"""
    probe.write_text(text.replace("</body>", script), "utf-8")
    dom, console = browser(f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom", probe.as_uri())
    assert not console
    assert "<title>wide 0 sorts true,true,true</title>" in dom
    for name in ("t-outcomes", "t-nodes", "t-load", "t-operators", "t-opout", "t-pairs", "t-kinds", "t-causes", "t-targets", "t-bounds"):
        assert re.search(rf'id="{name}">.*?<tbody><tr>', dom, re.S), name
    assert 'aria-sort="' in dom and "fault-signal" in dom
    assert "19/20" in dom and "+0.85 [+0.60, +0.93]" in dom and "cannot be &lt;made&gt;" in dom
    picture = tmp_path / "page.png"
    _, console = browser(f"--window-size={size}", f"--screenshot={picture}", probe.as_uri())
    assert not console and picture.stat().st_size > 20000
