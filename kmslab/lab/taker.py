"""Who takes a quiz: a name, and the secret of a course, from the environment.

Two students are asked other variants, and a teacher who knows both values can make each again. Refuses
to know what a variant is.
"""

import os
from typing import TypedDict


class Taker(TypedDict):
    """What a session and an exam take of it."""

    student: str
    secret: str


def taker(student: str = "") -> Taker:
    """Return who was named, or else whom the environment names; empty texts where nobody is."""
    name = student or os.environ.get("KMSLAB_STUDENT", "")
    return {"student": name, "secret": os.environ.get("KMSLAB_COURSE_SECRET", "")}
