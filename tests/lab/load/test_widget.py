"""The load widget: knobs turn a scenario; what is no knob is left alone; a first run is shown without a kernel."""

from typing import Any

import pytest

from kmslab.lab.load.widget import KNOBS, SCALE, LoadWidget


@pytest.fixture(scope="module")
def widget() -> LoadWidget:
    return LoadWidget(rate=10_000)


def rows(widget: LoadWidget) -> dict[str, str]:
    return {name: value for name, value in widget.page["rows"]}  # noqa: C416 - pairs of a list


def turn(widget: LoadWidget, message: Any) -> dict[str, str]:
    widget._obey(widget, message, None)
    return rows(widget)


def test_every_step_of_every_knob_is_a_scenario(widget: LoadWidget) -> None:
    before = dict(widget._places)
    for name, knob in KNOBS.items():
        assert len(knob.steps) == len(knob.values)
        for place in range(len(knob.steps)):
            widget._places[name] = place
            assert widget.scenario.scale == SCALE
        widget._places[name] = before[name]


def test_a_cache_turns_the_verdict(widget: LoadWidget) -> None:
    turn(widget, {"places": {"max_age": 0}})
    lost = float(rows(widget)["error rate"].rstrip("%"))
    assert lost == pytest.approx(
        100 * (1 - 31 * 5500 / 300_000), abs=0.1
    )  # a full bucket, and 30 s
    assert turn(widget, {"places": {"max_age": 4}})["error rate"] == "0.00%"
    assert widget.page["knobs"][2]["at"] == 4


@pytest.mark.parametrize(
    "message", [None, {}, {"places": 3}, {"places": {"rate": 99, "speed": 1, "region": "x"}}]
)
def test_nonsense_is_left_alone(widget: LoadWidget, message: Any) -> None:
    before = dict(widget._places)
    turn(widget, message)
    assert widget._places == before


def test_without_a_kernel_there_is_the_first_run(widget: LoadWidget) -> None:
    shown, _ = widget._repr_mimebundle_()
    assert shown["text/html"].startswith("<svg")
    assert "error rate: 43." in shown["text/plain"]
