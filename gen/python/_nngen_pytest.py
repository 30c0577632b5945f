"""The pytest plugin: a test with the argument `nngen_model` runs once for each model of a family.

    @pytest.mark.nngen(nodes=20, count=50, seed=1)
    def test_my_runtime(nngen_model):
        assert nngen_model.compare(my_runtime(nngen_model.onnx, nngen_model.inputs))

The mark takes the options of nngen.family. A mark of a function overrides options of one of its class or module. When a test fails,
the report says how to make its model again.

It is no module of nngen, as pytest imports it in every session: what it needs is imported when a test asks for a model.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Generator

import pytest

if TYPE_CHECKING:
    from nngen._family import Family
    from nngen._model import Model


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nngen", "models of nngen")
    group.addoption("--nngen-seed", type=int, metavar="S", help="seed of the families of all tests, instead of their marks'")
    group.addoption("--nngen-count", type=int, metavar="M", help="number of models of each family, instead of the marks'")
    group.addoption("--nngen-save", metavar="DIR", help="write the model of each test that fails to a directory below DIR")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nngen(nodes=40, count=100, seed=0, ...): options of nngen.family, whose models are the "
                                       "argument nngen_model of the test")


_FAMILIES = pytest.StashKey["dict[str, Family]"]()
_MODEL = pytest.StashKey["Model"]()


def _family(config: pytest.Config, options: dict[str, Any]) -> Family:
    """Opened once a run for the same options."""
    from nngen._family import Family

    families = config.stash.setdefault(_FAMILIES, {})
    key = repr(sorted(options.items()))
    if key not in families:
        families[key] = Family(**options)
    return families[key]


def _options(definition: Any, config: pytest.Config) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for mark in reversed(list(definition.iter_markers("nngen"))):  # the closest comes first
        if mark.args:
            raise pytest.UsageError(f"{definition.nodeid}: the mark nngen takes named options only, such as nodes=20")
        options.update(mark.kwargs)
    for name in ("seed", "count"):
        value = config.getoption(f"nngen_{name}")
        if value is not None:
            options[name] = value
    return options


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "nngen_model" not in metafunc.fixturenames:
        if any(mark.name == "nngen" for mark in metafunc.definition.own_markers):
            pytest.fail("the mark nngen is for tests with the argument nngen_model", pytrace=False)
        return
    try:
        family = _family(metafunc.config, _options(metafunc.definition, metafunc.config))
    except (TypeError, ValueError) as e:
        wrong = str(e)
    else:
        wrong = ""
    if wrong:  # outside of `except`, whose exception pytest would show too
        pytest.fail(f"{metafunc.definition.name}: the mark nngen: {wrong}", pytrace=False)
    metafunc.parametrize("nngen_model", [(family, i) for i in range(len(family))],
                         ids=[f"test_{i:06}" for i in range(len(family))], indirect=True)


@pytest.fixture
def nngen_model(request: pytest.FixtureRequest) -> Model:
    """A model of the family that the mark nngen describes."""
    family, index = request.param
    model: Model = family[index]
    request.node.stash[_MODEL] = model
    return model


def _saved(model: Model, item: pytest.Item, below: str) -> str:
    safe = "".join(c if c.isalnum() or c in "-_.[]" else "_" for c in item.nodeid)
    place = Path(below) / safe
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        model.save(place)
    except (OSError, ValueError) as e:
        return f"not saved: {e}"
    return f"saved in {place}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    model = item.stash.get(_MODEL, None)
    if model is None or report.when != "call":
        return report
    del item.stash[_MODEL]  # a session may have many
    if report.failed:
        lines = [f"{len(model.nodes)} nodes: {', '.join(model.nodes)}", f"Python:  {model!r}", f"shell:   {model.command}"]
        below = item.config.getoption("nngen_save")
        if below:
            lines.append(_saved(model, item, below))
        report.sections.append(("nngen model", "\n".join(lines)))
    return report
