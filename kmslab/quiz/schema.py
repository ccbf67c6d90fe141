"""The JSON Schema of a quiz file, for editors: ``python -m kmslab.quiz.schema`` writes it (`make gen`).

Derived from the catalog's types, so that a new kind of item is in it at once.
"""

from pathlib import Path
from typing import Final

import msgspec

from kmslab.quiz.catalog import QuizFile

TARGET: Final = Path(__file__).with_name("schema.json")
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def text() -> str:
    """Return the schema as it is published."""
    schema = {"$schema": DIALECT, "title": "kmslab quiz", **msgspec.json.schema(QuizFile)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
