"""The API's errors: one class for every code, raised where known and rendered once.

The first two groups are the exceptions of the service model (client errors, then faults); the last
are common to all AWS services and not in the model. Texts stand in `kmslab.model.messages`.
"""


class KmsError(Exception):
    """An error that the API answers with; `code` is what the wire calls ``__type``."""

    status = 400

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """The error code: the class's own name."""
        return type(self).__name__


class KmsFault(KmsError):
    """An error on the service's side."""

    status = 500


# ------------------------------------------------ errors of the service model: the caller's


class AlreadyExistsException(KmsError):
    """An alias of this name, or a replica in this Region, exists."""


class CloudHsmClusterInUseException(KmsError):
    """The CloudHSM cluster backs another key store."""


class CloudHsmClusterInvalidConfigurationException(KmsError):
    """The CloudHSM cluster is not set up as a key store needs it."""


class CloudHsmClusterNotActiveException(KmsError):
    """The CloudHSM cluster is not active."""


class CloudHsmClusterNotFoundException(KmsError):
    """There is no such CloudHSM cluster."""


class CloudHsmClusterNotRelatedException(KmsError):
    """The new cluster shares no backup history with the old one."""


class ConflictException(KmsError):
    """Another change of the key is under way."""


class CustomKeyStoreHasCMKsException(KmsError):
    """The key store still holds KMS keys."""


class CustomKeyStoreInvalidStateException(KmsError):
    """The key store's connection state does not allow this."""


class CustomKeyStoreNameInUseException(KmsError):
    """The key store name is taken in this account and Region."""


class CustomKeyStoreNotFoundException(KmsError):
    """There is no such custom key store."""


class DisabledException(KmsError):
    """The KMS key is disabled."""


class DryRunOperationException(KmsError):
    """The request would have succeeded, but was a dry run."""


class ExpiredImportTokenException(KmsError):
    """The import token is older than 24 hours."""


class IncorrectKeyException(KmsError):
    """The ciphertext was made by another KMS key than the one named."""


class IncorrectKeyMaterialException(KmsError):
    """The material is not the one this KMS key expects."""


class IncorrectTrustAnchorException(KmsError):
    """The trust anchor does not match the cluster."""


class InvalidAliasNameException(KmsError):
    """KMS refuses this alias name."""


class InvalidArnException(KmsError):
    """The ARN is malformed, or of a kind this operation does not take."""


class InvalidCiphertextException(KmsError):
    """The ciphertext, its context, or wrapped material cannot be opened."""


class InvalidGrantIdException(KmsError):
    """The grant ID is not one of this key."""


class InvalidGrantTokenException(KmsError):
    """The grant token is not one that KMS gave out."""


class InvalidImportTokenException(KmsError):
    """The import token is not for this key or wrapping key."""


class InvalidKeyUsageException(KmsError):
    """The key's usage or spec does not allow the operation."""


class InvalidMarkerException(KmsError):
    """The marker is not one that this listing gave out."""


class KMSInvalidMacException(KmsError):
    """The MAC does not match the message."""


class KMSInvalidSignatureException(KmsError):
    """The signature does not match the message."""


class KMSInvalidStateException(KmsError):
    """The key's state does not allow the operation."""


class LimitExceededException(KmsError):
    """A resource quota is used up."""


class MalformedPolicyDocumentException(KmsError):
    """The policy document cannot be accepted."""


class NotFoundException(KmsError):
    """There is no such key, alias or grant."""


class TagException(KmsError):
    """A tag is not valid."""


class UnsupportedOperationException(KmsError):
    """The operation does not apply to this key."""


class XksKeyAlreadyInUseException(KmsError):
    """The external key belongs to another KMS key of the store."""


class XksKeyInvalidConfigurationException(KmsError):
    """The external key is not set up as KMS needs it."""


class XksKeyNotFoundException(KmsError):
    """The proxy knows no such external key."""


class XksProxyIncorrectAuthenticationCredentialException(KmsError):
    """The proxy refused the credential."""


class XksProxyInvalidConfigurationException(KmsError):
    """The proxy is not set up as KMS needs it."""


class XksProxyInvalidResponseException(KmsError):
    """The proxy's answer cannot be understood."""


class XksProxyUriEndpointInUseException(KmsError):
    """The proxy's endpoint is in use."""


class XksProxyUriInUseException(KmsError):
    """The proxy's URI is in use."""


class XksProxyUriUnreachableException(KmsError):
    """The proxy cannot be reached."""


class XksProxyVpcEndpointServiceInUseException(KmsError):
    """The VPC endpoint service is in use."""


class XksProxyVpcEndpointServiceInvalidConfigurationException(KmsError):
    """The VPC endpoint service is not set up as KMS needs it."""


class XksProxyVpcEndpointServiceNotFoundException(KmsError):
    """There is no such VPC endpoint service."""


# ----------------------------------------------- errors of the service model: the service's


class DependencyTimeoutException(KmsFault):
    """A part of the service did not answer in time."""


class KMSInternalException(KmsFault):
    """The service failed inside; the caller may try again."""


class KeyUnavailableException(KmsFault):
    """The key is out of reach for the moment."""


# ------------------------------------------------------------- errors common to AWS services


class AccessDeniedException(KmsError):
    """The caller is not allowed to do this."""


class ExpiredTokenException(KmsError):
    """The session token's time is over."""


class IncompleteSignatureException(KmsError):
    """The Authorization header lacks a part."""


class InvalidSignatureException(KmsError):
    """The signature, its scope or its date is wrong."""


class MalformedHttpRequestException(KmsError):
    """The bytes are no HTTP request that can be read."""


class MissingAuthenticationTokenException(KmsError):
    """The request is not signed."""


class RequestEntityTooLargeException(KmsError):
    """The body is larger than any request of this API."""

    status = 413


class RequestTimeoutException(KmsError):
    """The request took too long to arrive."""

    status = 408


class SerializationException(KmsError):
    """The body is no JSON object of the operation's shape."""


class ThrottlingException(KmsError):
    """A request quota is used up for the moment."""


class UnknownOperationException(KmsError):
    """The target names no operation of this API."""


class UnrecognizedClientException(KmsError):
    """The access key or its session token is not known."""


class ValidationException(KmsError):
    """A parameter breaks a constraint."""


class InternalFailure(KmsError):
    """kmslab itself failed: a bug, never the caller's fault."""

    status = 500


# --------------------------------------------------------------- errors of Organizations


class ConstraintViolationException(KmsError):
    """A minimum or maximum of Organizations would be broken."""


class PolicyTypeNotEnabledException(KmsError):
    """The type of the policy is not enabled in the organization's root."""
