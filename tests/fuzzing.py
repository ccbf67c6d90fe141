"""How long `make test` sends what no client would: a second or two; on a build server, which says so, a minute."""

import os
from typing import Final

SECONDS: Final = float(os.environ.get("KMSLAB_FUZZ_SECONDS", "2"))
