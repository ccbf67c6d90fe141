"""A case study: one scenario, and several items that ask about it.

It is no kind of its own but a frame: each item in it is asked, answered, judged and kept by
itself, as the exams do it. Refuses to know the kinds of the items within.
"""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from kmslab.quiz.model import Text

T = TypeVar("T")


class Case(
    msgspec.Struct, Generic[T], frozen=True, kw_only=True, forbid_unknown_fields=True, tag="case"
):
    """One scenario for the items within."""

    title: Text
    scenario: Annotated[Text, Meta(description="The situation that all items share.")]
    items: Annotated[tuple[T, ...], Meta(min_length=2, max_length=8)]
