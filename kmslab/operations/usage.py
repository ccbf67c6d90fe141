"""GetKeyLastUsage: when a key was last used in a cryptographic operation, and in which."""

from typing import Any

from kmslab.audit.event import event_id
from kmslab.operations.call import Call
from kmslab.spec.shapes import (
    GetKeyLastUsageRequest,
    GetKeyLastUsageResponse,
    KeyLastUsageData,
)


def get_key_last_usage(call: Call, req: GetKeyLastUsageRequest) -> GetKeyLastUsageResponse:
    """Tell of the last successful use; every world has kept account of it from its beginning."""
    key = call.key
    use = call.uses.last(key)
    told: dict[str, Any] = {}
    if use is not None:
        told = {
            "Operation": use.operation,
            "Timestamp": use.at,
            "CloudTrailEventId": event_id(use.request_id),
            "KmsRequestId": use.request_id,
        }
    return GetKeyLastUsageResponse(
        KeyId=req.KeyId,
        KeyLastUsage=KeyLastUsageData(**told),
        TrackingStartDate=key.created,
        KeyCreationDate=key.created,
    )
