"""Which operation a key's state allows, and what is answered where it does not.

The table of the Developer Guide ("Key states of AWS KMS keys"), by rows that operations share.
Qualifications by origin (custom key stores, imported material) are the operations' own.
"""

from collections.abc import Mapping

from kmslab.model import messages
from kmslab.model.errors import DisabledException, KmsError, KMSInvalidStateException
from kmslab.model.keys import KeyState, KmsKey

Refusal = tuple[type[KmsError], str]
StateRow = Mapping[KeyState, Refusal]  # a state that is missing is a state that allows

DISABLED: Refusal = (DisabledException, messages.DISABLED)
DELETED: Refusal = (KMSInvalidStateException, messages.PENDING_DELETION)
DELETED_OR_REPLICA: Refusal = (KMSInvalidStateException, messages.PENDING_DELETION_OR_REPLICA)
NOT_DELETED: Refusal = (KMSInvalidStateException, messages.NOT_PENDING_DELETION)
NO_MATERIAL: Refusal = (KMSInvalidStateException, messages.PENDING_IMPORT)
UNAVAILABLE: Refusal = (KMSInvalidStateException, messages.UNAVAILABLE)
CREATING: Refusal = (KMSInvalidStateException, messages.CREATING)
UPDATING: Refusal = (KMSInvalidStateException, messages.UPDATING)

ANY: StateRow = {}
USABLE: StateRow = {  # cryptographic operations
    "Disabled": DISABLED,
    "PendingDeletion": DELETED,
    "PendingReplicaDeletion": DELETED,
    "PendingImport": NO_MATERIAL,
    "Unavailable": UNAVAILABLE,
    "Creating": CREATING,
}
MANAGEABLE: StateRow = {  # changes of what a key is for
    "PendingDeletion": DELETED_OR_REPLICA,
    "PendingReplicaDeletion": DELETED_OR_REPLICA,
}
GRANTABLE: StateRow = {state: why for state, why in USABLE.items() if state != "Unavailable"}
NAMEABLE: StateRow = {  # the key that an alias moves to
    "PendingDeletion": DELETED,
    "PendingReplicaDeletion": DELETED,
}
CANCELLABLE: StateRow = dict.fromkeys(  # CancelKeyDeletion
    ("Enabled", "Disabled", "PendingImport", "Unavailable", "Creating", "Updating"), NOT_DELETED
)
DELETABLE: StateRow = {**MANAGEABLE, "Updating": UPDATING}  # ScheduleKeyDeletion
ROTATABLE: StateRow = {  # changes of rotation
    **MANAGEABLE,
    "Disabled": DISABLED,
    "PendingImport": NO_MATERIAL,
    "Creating": CREATING,
}
REPLICABLE: StateRow = {**GRANTABLE, "Updating": UPDATING}  # ReplicateKey
READABLE: StateRow = {  # GetPublicKey
    state: why for state, why in USABLE.items() if state not in {"Disabled", "PendingImport"}
}
IMPORTABLE: StateRow = {  # ImportKeyMaterial
    "PendingDeletion": DELETED,
    "PendingReplicaDeletion": DELETED,
    "Creating": CREATING,
}
WRAPPABLE: StateRow = {**IMPORTABLE, "Updating": UPDATING}  # GetParametersForImport
REMOVABLE: StateRow = {"Creating": CREATING, "Updating": UPDATING}  # DeleteImportedKeyMaterial
SWITCHABLE: StateRow = {  # EnableKey and DisableKey
    **MANAGEABLE,
    "PendingImport": NO_MATERIAL,
    "Creating": CREATING,
    "Updating": UPDATING,
}


def refusal(row: StateRow, key: KmsKey) -> KmsError:
    """Return the error that a key answers with in a state that is in the row."""
    error, text = row[key.state]
    return error(text.format(key.arn))
