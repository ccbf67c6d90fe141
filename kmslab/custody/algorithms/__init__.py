"""One module for each family of keys.

That of SM2 is read when a key of it is used: its library is slow to import, and not for everybody.
"""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType


def _read_on_first_use(name: str) -> ModuleType:
    spec = find_spec(name)
    assert spec is not None  # noqa: S101 - it lies beside this file
    assert spec.loader is not None  # noqa: S101 - files have one
    spec.loader = LazyLoader(spec.loader)
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


globals()["sm2"] = _read_on_first_use(f"{__name__}.sm2")  # an import would ask it for its spec
