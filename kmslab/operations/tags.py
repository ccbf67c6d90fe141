"""Tags: TagResource, UntagResource, ListResourceTags."""

from collections.abc import Mapping, Sequence

from kmslab.model import messages
from kmslab.model.errors import TagException
from kmslab.operations.call import Call
from kmslab.operations.pages import page
from kmslab.spec.shapes import (
    ListResourceTagsRequest,
    ListResourceTagsResponse,
    Tag,
    TagResourceRequest,
    UntagResourceRequest,
)
from kmslab.store.records import KEYS


def tag_resource(call: Call, req: TagResourceRequest) -> None:
    """Add tags to a key, or give those it has other values."""
    tags = {**call.key.tags, **tags_of(call, req.Tags)}
    call.tx.put(KEYS, call.key.with_(tags=_within_quota(call, tags)))


def untag_resource(call: Call, req: UntagResourceRequest) -> None:
    """Take tags from a key; those it does not have are no error."""
    _need_own_keys(req.TagKeys)
    kept = {name: value for name, value in call.key.tags.items() if name not in req.TagKeys}
    call.tx.put(KEYS, call.key.with_(tags=kept))


def list_resource_tags(call: Call, req: ListResourceTagsRequest) -> ListResourceTagsResponse:
    """List the tags of a key."""
    names = sorted(call.key.tags)

    def read(after: str, limit: int) -> Sequence[str]:
        return [name for name in names if name > after][:limit]

    listing = f"ListResourceTags {call.key.arn}"
    tags = page(req, listing=listing, default=50, most=50, read=read, sort=str)
    shown = [Tag(TagKey=name, TagValue=call.key.tags[name]) for name in tags.items]
    return ListResourceTagsResponse(Tags=shown, **tags.marks)


def tags_of(call: Call, tags: Sequence[Tag]) -> Mapping[str, str]:
    """Return tags as a mapping.

    Raises:
        TagException: a tag key is there twice or reserved, or there are too many.
    """
    found = {tag.TagKey: tag.TagValue for tag in tags}
    if len(found) < len(tags):
        raise TagException(messages.DUPLICATE_TAGS)
    _need_own_keys(found)
    return _within_quota(call, found)


def _within_quota(call: Call, tags: Mapping[str, str]) -> Mapping[str, str]:
    if len(tags) > call.limits.of(call.account, call.region, "tags_per_key"):
        raise TagException(messages.TOO_MANY_TAGS)
    return tags


def _need_own_keys(names: Mapping[str, str] | Sequence[str]) -> None:
    if any(name.lower().startswith("aws:") for name in names):
        raise TagException(messages.RESERVED_TAGS)
