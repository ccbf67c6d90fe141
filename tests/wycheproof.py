"""The test vectors of Wycheproof (C2SP/wycheproof, Apache-2.0), where they are at hand.

They are no part of the repository: KMSLAB_WYCHEPROOF names their folder, or they stand beside it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

BESIDE = Path(__file__).parent.parent.parent / "shared" / "vectors" / "wycheproof"


def groups(name: str) -> list[dict[str, Any]]:
    """Return the test groups of a file, or skip the test that asks for them."""
    file = Path(os.environ.get("KMSLAB_WYCHEPROOF") or BESIDE) / name
    if not file.exists():
        pytest.skip(f"no {name}: KMSLAB_WYCHEPROOF names no folder with it")
    found: list[dict[str, Any]] = json.loads(file.read_text())["testGroups"]
    return found
