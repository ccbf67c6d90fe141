"""What a screen asks of the control of a question, whatever its kind."""

from abc import abstractmethod
from typing import Any

from textual.containers import Vertical
from textual.message import Message


class Control(Vertical):
    """Where an answer is given; `missing` is what to say where it is not whole."""

    missing = "Pick an option first."
    verb = "Check answer"

    class Changed(Message):
        """Something was picked or typed."""

    @abstractmethod
    def answer(self) -> Any:  # noqa: ANN401 - JSON
        """Return the answer, or None where it is not whole."""

    def pick(self, letter: str) -> bool:  # noqa: ARG002 - what is typed has no letters
        """Do what a letter stands for; tell whether it stands for anything."""
        return False

    @abstractmethod
    def show(self, item: dict[str, Any]) -> None:
        """Show an item's page: the answer that was given, and what is to be said of it."""
