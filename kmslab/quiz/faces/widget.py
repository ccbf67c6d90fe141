"""The quiz in a notebook. `widget.js` and its parts show and send; Python judges.

The only synced state is the page, which holds no key before the answer (`page.py`). Without a
live kernel the cell shows `fallback.py`. Refuses to know how anything is judged; imported only
when asked for, because it brings Jupyter with it.
"""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.faces import fallback
from kmslab.quiz.faces.module import module, style
from kmslab.quiz.faces.spoken import practised
from kmslab.quiz.faces.sureness import sureness
from kmslab.quiz.looking import Look, nowhere
from kmslab.quiz.page import Page
from kmslab.quiz.progress import Now, wall_clock
from kmslab.quiz.session import Session


class QuizWidget(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget has no types
    """A quiz as the output of a cell.

    `log_path` names the file that keeps the progress; without it nothing is kept. `seed` gives
    the order of the options. With `confidence` each question asks how sure the student is, before
    the first verdict, and the result says how often that was justified. The rest is what `Session`
    takes: `look`, for tasks, `secret` and `student`, for variants, and `now`.
    """

    _esm = module()
    _css = style()
    page = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        quiz: Quiz,
        log_path: str | Path | None = None,
        *,
        seed: int = 1,
        confidence: bool = False,
        now: Now = wall_clock,
        secret: str = "",
        student: str = "",
        look: Look = nowhere,
    ) -> None:
        self._session = Session(
            quiz, log_path, seed=seed, now=now, secret=secret, student=student, look=look
        )
        self._asks_confidence = confidence
        super().__init__(page=self._page())
        self.on_msg(self._obey)

    def _page(self) -> Page:
        page = self._session.page()
        return page | sureness(self._session) if self._asks_confidence else page

    def _obey(self, _widget: object, message: object, _buffers: object) -> None:
        """Do what the page asks, then show the page that follows."""
        if notice := practised(self._session, message):
            self.send({"notice": notice})
        self.page = self._page()
        self.send({"done": True})

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401 - IPython's protocol
        """Add what is shown where no widget can be."""
        bundle = super()._repr_mimebundle_(**kwargs)
        shown, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        texts = {
            "text/plain": fallback.as_text(self._session.quiz),
            "text/html": fallback.as_html(self._session.quiz),
        }
        return shown | texts, metadata
