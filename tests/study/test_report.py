"""The report is one page that needs nothing else, holds the run's numbers, and works in a browser."""
import argparse
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import onnx
import pytest
from onnx import TensorProto, helper

from nngen.study import cli, drawing, engine, outcomes, reduce, report
from study.test_study import MODULES, save

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
FAULTS = ["fault-value", "fault-shape", "fault-nan", "fault-signal", "fault-load", "fault-run"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("report")
    for i, ops in enumerate([["Abs"], ["Relu"], ["Abs", "Relu"], ["Neg", "Relu", "Abs"], ["Exp", "Tanh"]]):
        save(root / f"c/test_{i:06d}", ops)
    (root / "c/broken.onnx").write_bytes(b"no model")
    engine.Run(root / "c", root / "o", FAULTS, modules=MODULES, quiet=True).go()
    (root / "o/sequences-fault.txt").write_text("Abs,Relu <b>\n" + "x" * report.MOST)
    (root / "o/sequences.json").write_text(json.dumps({"fault": None, "fault-run": "all 5 models are <correct>"}))
    reduce.main(argparse.Namespace(out=root / "o", tolerance="1e-7", limit=1, per_kind=1, seconds=99, target="fault-nan", outcome=None, modules=MODULES, nngen=""))
    arms = {"treated": {"models": 20, "failed": 19}, "apart": {"models": 20, "failed": 2}, "without": {"models": 19, "failed": 0}}
    test = {"difference": 0.85, "low": 0.6, "high": 0.93, "p": 1e-8, "holm": 2e-8}
    (root / "o/causes.json").write_text(json.dumps([{"target": "fault-nan", "sequence": "Abs,Relu", "verdict": "sequence", "arms": arms, "tests": {"apart": test, "without": test}},
                                                    {"target": "fault-nan", "sequence": "Exp,Tanh", "verdict": "not tested", "why": "cannot be <made>"}]))
    report.write(root / "o", root / "o/report.html")
    return root / "o"


def test_the_command_says_where_its_page_is(run, tmp_path, capsys):
    place = tmp_path / "page.html"
    cli.main(["report", str(run), "--html", str(place)])
    assert capsys.readouterr().out == f"{place}\n" and place.stat().st_size > 1000


def test_help_of_setup_names_its_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNGEN_STUDY_ENV", str(tmp_path / "5%d"))
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        cli.main(["setup", "--help"])
    assert str(tmp_path / "5%d") in capsys.readouterr().out


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
    outside = [x for x in page.links if not x.startswith("#") and x != "data:,"]
    assert sorted(outside) == ["reduced/000/listing.txt", "reduced/000/model.onnx"] and all((run / x).is_file() for x in outside)
    assert {x[1:] for x in page.links if x.startswith("#")} <= page.ids
    assert not re.search(r"https?:|@import|url\(|<!--[A-Z]+-->|" + re.escape(str(run.parent)), text)
    assert "all 5 models are &lt;correct&gt;" in text and "Not computed: <code>nngen-study sequences" not in text and "13 characters more in sequences-fault.txt" in text
    assert "width=device-width" in text and "prefers-color-scheme: dark" in text and "Abs,Relu &lt;b&gt;" in text


def embedded(run):
    text = (run / "report.html").read_text("utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def test_embedded_numbers(run):
    page, rs = embedded(run), engine.read_results(run)
    for t in outcomes.levels(rs):
        for target, by in page["counts"][t["name"]].items():
            assert sum(sum(c.values()) for c in by.values()) == sum(r["target"] == target for r in rs) == 6
    assert page["operators"]["1e-7"]["fault-value"]["Relu"] == [3, {"value mismatch": 3}, 2, 0] and page["operators"]["1e-7"]["fault-value"]["Exp"] == [1, {}, 0, 0]
    assert page["operators"]["1e-7"]["fault-load"]["Relu"] == [3, {"load failure": 3}, 2, 3]
    assert page["pairs"]["1e-7"]["fault-nan"]["Abs>Relu"] == [1, 1] and "Exp>Tanh" not in page["pairs"]["1e-7"]["fault-nan"]
    assert page["pairs"]["1e-7"]["fault-value"]["Abs>Relu"] == [1, 1] and not page["pairs"]["1e-5"]["fault-value"]
    assert [x[:2] for x in page["left_out"]] == [["broken.onnx", "bad case"]]
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
const pairs = () => document.querySelectorAll('#t-pairs td').length;
const set = (id, v) => { document.getElementById(id).value = v; document.getElementById(id).onchange(); };
set('target', 'fault-value'); set('tolerance', '1e-7'); const strict = pairs(); set('tolerance', '1e-5'); sorts.push(strict > 1 && pairs() === 1);
set('target', 'fault-nan'); set('tolerance', 'loose');
const cued = [...document.querySelectorAll('.scroll')].every(s => { const wide = s.scrollWidth > s.clientWidth + 1; return s.cue.hidden !== wide && (s.cue.offsetHeight > 0) === wide && s.classList.contains('more') === wide; });
const scrolled = [...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth + 1);
for (const s of scrolled) s.scrollLeft = s.scrollWidth;
cues();
const ended = scrolled.every(s => !s.classList.contains('more'));
const empty = [...document.querySelectorAll('.multiples > div')].some(x => !x.querySelector('svg, p')) || [...document.querySelectorAll('#t-outcomes tr, #t-nodes tr')].length < 2 ||
  ['t-outcomes', 't-nodes', 't-opout', 't-kinds', 't-causes'].some(id => [...document.querySelectorAll(`#${id} thead th`)].some((_, i) => i && column(id, i).every(x => x === '') && !document.querySelector(`#${id} tbody tr td:nth-child(${i + 1}) *`)));
document.body.dataset.checked = `cued ${cued} wide tables ${scrolled.length > 0} ended ${ended} empty ${empty}`;
document.title = `wide ${document.documentElement.scrollWidth - document.documentElement.clientWidth} sorts ${sorts}`;
</script></body>"""
    probe.write_text(text.replace("</body>", script), "utf-8")
    dom, console = browser(f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom", probe.as_uri())
    assert not console
    assert "<title>wide 0 sorts true,true,true,true</title>" in dom
    assert f'data-checked="cued true wide tables {str(size.startswith("390")).lower()} ended true empty false"' in dom
    for name in ("t-outcomes", "t-nodes", "t-load", "t-operators", "t-opout", "t-pairs", "t-kinds", "t-causes", "t-targets", "t-bounds", "t-left"):
        assert re.search(rf'id="{name}">.*?<tbody><tr>', dom, re.S), name
    assert 'aria-sort="' in dom and "fault-signal" in dom
    assert "19/20" in dom and "+0.85 [+0.60, +0.93]" in dom and "cannot be &lt;made&gt;" in dom
    picture = tmp_path / "page.png"
    _, console = browser(f"--window-size={size}", f"--screenshot={picture}", probe.as_uri())
    assert not console and picture.stat().st_size > 20000
