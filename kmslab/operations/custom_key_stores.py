"""Custom key stores, of which this world has none.

CreateCustomKeyStore, ConnectCustomKeyStore, DescribeCustomKeyStores, DisconnectCustomKeyStore,
UpdateCustomKeyStore, DeleteCustomKeyStore. There is no CloudHSM cluster and no external proxy to make
one of, so creation ends with the error that says so, and every store that is named is not found.
"""

from typing import Final, NoReturn

from kmslab.model import messages
from kmslab.model.errors import (
    CloudHsmClusterNotFoundException,
    CustomKeyStoreNotFoundException,
    InvalidMarkerException,
    ValidationException,
    XksProxyUriUnreachableException,
)
from kmslab.operations.call import Call
from kmslab.spec.shapes import (
    ConnectCustomKeyStoreRequest,
    CreateCustomKeyStoreRequest,
    CreateKeyRequest,
    DeleteCustomKeyStoreRequest,
    DescribeCustomKeyStoresRequest,
    DescribeCustomKeyStoresResponse,
    DisconnectCustomKeyStoreRequest,
    UpdateCustomKeyStoreRequest,
)

ORIGINS: Final = ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
CLOUDHSM_MEMBERS: Final = ("CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword")
EXTERNAL_MEMBERS: Final = (
    "XksProxyUriEndpoint",
    "XksProxyUriPath",
    "XksProxyAuthenticationCredential",
    "XksProxyConnectivity",
)

Named = (
    ConnectCustomKeyStoreRequest
    | DeleteCustomKeyStoreRequest
    | DisconnectCustomKeyStoreRequest
    | UpdateCustomKeyStoreRequest
)


def create_custom_key_store(_: Call, req: CreateCustomKeyStoreRequest) -> NoReturn:
    """Refuse to make a key store of what is not there."""
    is_external = req.CustomKeyStoreType == "EXTERNAL_KEY_STORE"
    needed = EXTERNAL_MEMBERS if is_external else CLOUDHSM_MEMBERS
    missing = [member for member in needed if getattr(req, member) is None]
    if missing:
        raise ValidationException(messages.KEY_STORE_NEEDS.format(", ".join(missing)))
    if is_external:
        raise XksProxyUriUnreachableException(
            messages.NO_PROXY.format(req.XksProxyUriEndpoint, req.XksProxyUriPath)
        )
    raise CloudHsmClusterNotFoundException(messages.NO_CLUSTER.format(req.CloudHsmClusterId))


def describe_custom_key_stores(
    _: Call, req: DescribeCustomKeyStoresRequest
) -> DescribeCustomKeyStoresResponse:
    """List the key stores: none."""
    if req.Marker is not None:
        raise InvalidMarkerException(messages.INVALID_MARKER)
    if req.CustomKeyStoreId is not None and req.CustomKeyStoreName is not None:
        raise ValidationException(messages.ID_OR_NAME)
    if req.CustomKeyStoreId is not None or req.CustomKeyStoreName is not None:
        raise CustomKeyStoreNotFoundException(
            messages.NO_KEY_STORE.format(req.CustomKeyStoreId or req.CustomKeyStoreName)
        )
    return DescribeCustomKeyStoresResponse(CustomKeyStores=[], Truncated=False)


def connect_custom_key_store(_: Call, req: ConnectCustomKeyStoreRequest) -> NoReturn:
    """Find no key store to connect."""
    _find(req)


def delete_custom_key_store(_: Call, req: DeleteCustomKeyStoreRequest) -> NoReturn:
    """Find no key store to delete."""
    _find(req)


def disconnect_custom_key_store(_: Call, req: DisconnectCustomKeyStoreRequest) -> NoReturn:
    """Find no key store to disconnect."""
    _find(req)


def update_custom_key_store(_: Call, req: UpdateCustomKeyStoreRequest) -> NoReturn:
    """Find no key store to change."""
    _find(req)


def need_none(req: CreateKeyRequest) -> None:
    """Refuse a key that is to live in a key store (API Reference, CreateKey, CustomKeyStoreId).

    Raises:
        ValidationException: its origin and the key store do not go together.
        CustomKeyStoreNotFoundException: there is no such store.
    """
    is_stored = req.Origin in ORIGINS
    if is_stored != (req.CustomKeyStoreId is not None):
        raise ValidationException(messages.KEY_STORE_AND_ORIGIN)
    if req.XksKeyId is not None and req.Origin != "EXTERNAL_KEY_STORE":
        raise ValidationException(messages.EXTERNAL_KEY_AND_ORIGIN)
    if is_stored:
        raise CustomKeyStoreNotFoundException(messages.NO_KEY_STORE.format(req.CustomKeyStoreId))


def _find(req: Named) -> NoReturn:
    raise CustomKeyStoreNotFoundException(messages.NO_KEY_STORE.format(req.CustomKeyStoreId))
