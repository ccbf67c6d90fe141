"""The encryption context as bytes that can be authenticated.

The encoding is injective: two contexts have the same bytes only if they are equal, whatever their
order. It is the number of pairs, then each pair sorted by key, then both strings of a pair with
their length before them (4 bytes, big-endian; UTF-8).
"""

from collections.abc import Mapping

EMPTY = (0).to_bytes(4)


def encode(context: Mapping[str, str] | None) -> bytes:
    """Write an encryption context in its one form; none at all is an empty one."""
    if not context:
        return EMPTY
    parts = [len(context).to_bytes(4)]
    for key in sorted(context):
        for text in (key, context[key]):
            raw = text.encode("utf-8", "surrogatepass")
            parts.append(len(raw).to_bytes(4))
            parts.append(raw)
    return b"".join(parts)
