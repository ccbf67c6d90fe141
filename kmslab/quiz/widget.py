"""The quiz in a notebook. `widget.js` and its parts show and send; Python judges.

The only synced state is the page, which holds no key before the answer (`page.py`). Without a
live kernel the cell shows `fallback.py`. Refuses to know how anything is judged; imported only
when asked for, because it brings Jupyter with it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from kmslab.quiz import fallback
from kmslab.quiz.catalog import Quiz
from kmslab.quiz.model import AnswerError
from kmslab.quiz.session import Session

_HERE = Path(__file__).parent
_PARTS = ("widget_dom", "widget_choice", "widget_fields", "widget_order", "widget")


def module() -> str:
    """Return the page's one module: its parts, each of which uses names of those before."""
    return "\n".join((_HERE / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS)


class QuizWidget(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget has no types
    """A quiz as the output of a cell.

    `log_path` names the file that keeps the progress; without it nothing is kept. `seed` gives
    the order of the options.
    """

    _esm = module()
    _css = _HERE / "widget.css"
    page = traitlets.Dict().tag(sync=True)

    def __init__(self, quiz: Quiz, log_path: str | Path | None = None, *, seed: int = 1) -> None:
        self._session = Session(quiz, log_path, seed=seed)
        super().__init__(page=self._session.page())
        self.on_msg(self._obey)

    def _obey(self, _widget: object, message: object, _buffers: object) -> None:
        """Do what the page asks, then show the page that follows."""
        try:
            verb, item_id, answer = _read(message)
            self._verbs()[verb](item_id, answer)
        except (AnswerError, KeyError) as error:
            self.send({"notice": str(error)})
        self.page = self._session.page()
        self.send({"done": True})

    def _verbs(self) -> dict[str, Callable[[str, object], object]]:
        session = self._session
        return {
            "answer": session.answer,
            "hint": lambda item_id, _: session.hint(item_id),
            "reveal": lambda item_id, _: session.reveal(item_id),
            "restart": lambda item_id, _: session.restart(item_id),
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401 - IPython's protocol
        """Add what is shown where no widget can be."""
        bundle = super()._repr_mimebundle_(**kwargs)
        shown, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        texts = {
            "text/plain": fallback.as_text(self._session.quiz),
            "text/html": fallback.as_html(self._session.quiz),
        }
        return shown | texts, metadata


def _read(message: object) -> tuple[str, str, object]:
    """Take a message apart; what is no message of ours is an AnswerError."""
    if not isinstance(message, dict):
        raise AnswerError("The page sent what is no message.")
    return str(message.get("do")), str(message.get("item")), message.get("answer")
