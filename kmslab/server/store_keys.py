"""The root key of a store: found where the store says, or where the environment does.

Refuses to know what is sealed under it.
"""

from collections.abc import Mapping
from itertools import count
from pathlib import Path

import msgspec

from kmslab.ambient.entropy import SystemEntropy
from kmslab.custody import root_key
from kmslab.custody.root_key import Origin, Sealing
from kmslab.store.port import Sealing as AnySealing
from kmslab.store.port import StoreError


class StoreKeys:
    """Finds the root key of one store, and derives from it.

    `maker` makes a key that is not there yet. A file has it beside it, unless the environment says
    otherwise; what stands on a server has no beside.
    """

    def __init__(
        self, beside: Path | None, environ: Mapping[str, str], maker: SystemEntropy | None = None
    ) -> None:
        self._beside = beside
        self._environ = environ
        self._maker = maker
        self.origin = Origin(source="file", salt=b"")
        self.materials = b""

    def unlock(self, known: bytes | None) -> tuple[bytes, AnySealing]:
        """Return the origin of the root key and the sealing of records."""
        try:
            if known is None:
                self.origin = root_key.new_origin(self._environ, SystemEntropy())
            else:
                self.origin = msgspec.msgpack.decode(known, type=Origin)
            return self._found(None if known else self._maker)
        except root_key.RootKeyError as error:
            raise StoreError(str(error)) from None

    def renew(self) -> tuple[bytes, AnySealing]:
        """Return origin and sealing of another root key, in a file of another name if in one."""
        try:
            origin = root_key.new_origin(self._environ, SystemEntropy())
            names = (f"root-key-{number}" for number in count(2))
            free = (name for name in names if not (self._file(name) or Path()).is_file())
            self.origin = msgspec.structs.replace(origin, file=next(free))
            return self._found(self._maker)
        except root_key.RootKeyError as error:
            raise StoreError(root_key.of_next(str(error))) from None

    @property
    def place(self) -> str:
        """Where the key is looked for, in words."""
        file = self._environ.get(root_key.KEY_FILE) or self._file(self.origin.file)
        variables = {"environment": root_key.KEY, "passphrase": root_key.PASSPHRASE}
        return variables.get(self.origin.source) or str(file)

    def _found(self, maker: SystemEntropy | None) -> tuple[bytes, AnySealing]:
        origin = self.origin
        root = root_key.find(origin, self._environ, self._file(origin.file), maker)
        self.materials = root_key.derived(root, origin.salt, "materials")
        records = root_key.derived(root, origin.salt, "records")
        return msgspec.msgpack.encode(origin), Sealing(records, SystemEntropy())

    def _file(self, suffix: str) -> Path | None:
        beside = self._beside
        return None if beside is None else beside.with_name(f"{beside.name}.{suffix}")
