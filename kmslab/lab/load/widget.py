"""The load laboratory in a notebook: knobs, and a model of the load that runs anew at each turn of one.

The model is a hundred times smaller (rates, quota, environments), so a run takes a blink; the requests
in it are answered by the real engine. Where no kernel runs, the first run is shown. `widget.js` shows
and sends. Imported only when asked for, because it brings Jupyter with it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import anywidget
import traitlets

from kmslab.lab.load.result import Result
from kmslab.lab.load.retries import RETRIES
from kmslab.lab.load.scenario import Scenario, scenario
from kmslab.lab.load.simulation import run
from kmslab.lab.pictures.load import load

_HERE: Final = Path(__file__).parent
SCALE: Final = 100
SECONDS: Final = 30


class Knob(NamedTuple):
    """One thing to turn: its label, its steps as they are shown, and what each means."""

    label: str
    steps: tuple[str, ...]
    values: tuple[Any, ...]
    kind: str = "slider"


def _rates(*rates: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    return tuple(f"{rate:,}/s" for rate in rates), rates


_AGES: Final = (None, 1, 5, 15, 60, 300)
KNOBS: Final[Mapping[str, Knob]] = {
    "rate": Knob("Invocations", *_rates(500, 1000, 2000, 5000, 10_000, 20_000, 50_000)),
    "other_rate": Knob("Other KMS traffic", *_rates(0, 500, 1000, 2000, 4000, 8000, 16_000)),
    "max_age": Knob("Cache: age", ("no cache", *(f"{age} s" for age in _AGES if age)), _AGES),
    "concurrency": Knob(
        "Environments", ("500", "1,000", "2,000", "5,000"), (500, 1000, 2000, 5000)
    ),
    "region": Knob(
        "Region",
        ("us-east-1", "eu-central-1", "eu-west-3"),
        ("us-east-1", "eu-central-1", "eu-west-3"),
        "choice",
    ),
    "quotas": Knob("Quotas", ("today", "seed's time"), ("aws", "seed-era"), "choice"),
    "arrivals": Knob("Arrivals", *(("constant", "poisson", "burst", "diurnal"),) * 2, "choice"),
    "retry": Knob("Retries", *(tuple(RETRIES),) * 2, "choice"),
}
FIRST: Final = {"rate": 10_000, "region": "eu-west-3", "quotas": "seed-era", "concurrency": 1000}


class LoadWidget(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget has no types
    """Knobs over a load. Members of a scenario that are among the knobs say where they stand first."""

    _esm = _HERE / "widget.js"
    _css = _HERE / "widget.css"
    page = traitlets.Dict().tag(sync=True)

    def __init__(self, **first: Any) -> None:  # noqa: ANN401 - members of a scenario
        wanted = {**FIRST, **first}
        self._places = {
            name: knob.values.index(wanted[name]) if name in wanted else 0
            for name, knob in KNOBS.items()
        }
        self._first = run(self.scenario)
        super().__init__(page=self._shown(self._first))
        self.on_msg(self._obey)

    @property
    def scenario(self) -> Scenario:
        """The scenario of the knobs as they stand."""
        values = {name: KNOBS[name].values[place] for name, place in self._places.items()}
        age = values.pop("max_age")
        cache = None if age is None else {"max_age": age}
        return scenario(**values, cache=cache, seconds=SECONDS, scale=SCALE)

    def _obey(self, _widget: object, message: object, _buffers: object) -> None:
        """Turn knobs, run, show; what is no knob or no step of one is left alone."""
        asked = message.get("places") if isinstance(message, dict) else None
        for name, place in asked.items() if isinstance(asked, dict) else ():
            if name in KNOBS and place in range(len(KNOBS[name].steps)):
                self._places[name] = place
        self.page = self._shown(run(self.scenario))

    def _shown(self, result: Result) -> dict[str, Any]:
        summary = result.summary()
        return {
            "knobs": [
                {
                    "name": name,
                    "label": knob.label,
                    "kind": knob.kind,
                    "steps": list(knob.steps),
                    "at": self._places[name],
                }
                for name, knob in KNOBS.items()
            ],
            "svg": load(result).svg,
            "rows": [[name, value] for name, value in summary.items()],
            "told": f"{summary['error rate']} of the invocations fail; "
            f"{summary['throttled by KMS']} requests are throttled.",
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401 - IPython's protocol
        """Add the first run, for where no widget can be."""
        bundle = super()._repr_mimebundle_(**kwargs)
        shown, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        picture = load(self._first)
        texts = {"text/plain": picture.text, "text/html": picture.svg}
        return shown | texts, metadata
