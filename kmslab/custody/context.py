"""The encryption context as bytes that can be authenticated.

The encoding is injective: two contexts have the same bytes only if they are equal, whatever their
order. It is one MessagePack map, its pairs sorted by key, each string with its length before it in
the shortest form (MessagePack specification, "map format family" and "str format family").
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

encode: Final[Callable[[Mapping[str, str]], bytes]] = msgspec.msgpack.Encoder(
    order="deterministic"
).encode
"""Write an encryption context in its one form."""
