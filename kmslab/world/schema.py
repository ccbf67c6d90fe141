"""The JSON Schema of a world file, for editors: ``python -m kmslab.world.schema`` writes it (`make gen`)."""

from pathlib import Path
from typing import Final

import msgspec

from kmslab.quiz.schema import DIALECT
from kmslab.world.model import WorldFile

TARGET: Final = Path(__file__).with_name("schema.json")


def text() -> str:
    """Return the schema as it is published."""
    schema = {"$schema": DIALECT, "title": "kmslab world", **msgspec.json.schema(WorldFile)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
