"""The texts of errors, said once.

Most were seen in recorded answers of the service or in its guide. Where AWS publishes no text,
the message is `UNPUBLISHED` followed by ours: tests may check the exception's type, never the words.
"""

from typing import Final

UNPUBLISHED: Final = ""  # some errors of the service really carry no text

# -- what a request names
KEY_NOT_FOUND: Final = "Key '{}' does not exist"
ALIAS_NOT_FOUND: Final = "Alias {} is not found."
INVALID_KEY_ID: Final = "Invalid keyId '{}'"
INVALID_ARN: Final = "Invalid arn {}"
ALIAS_NOT_SUPPORTED: Final = "Key Aliases are not supported for this operation"
ALIAS_EXISTS: Final = "An alias with the name {} already exists"
ALIAS_PREFIX: Final = (
    'Alias must start with the prefix "alias/". '
    "Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)
ALIAS_CHARACTERS: Final = "{} contains invalid characters for an alias"
ALIAS_RESERVED: Final = UNPUBLISHED + "The prefix alias/aws/ is reserved for AWS managed keys."
ALIAS_TARGETS_DIFFER: Final = (
    UNPUBLISHED + "The alias must be associated with a KMS key of the same type and key usage."
)
NO_SUCH_POLICY: Final = UNPUBLISHED + "No such policy exists"
INVALID_MARKER: Final = UNPUBLISHED + "Could not deserialize the marker"

# -- what a key allows
DISABLED: Final = "{} is disabled."
PENDING_IMPORT: Final = "{} is pending import."
PENDING_DELETION: Final = "{} is pending deletion."
PENDING_DELETION_OR_REPLICA: Final = "{} is pending deletion (or pending replica deletion)."
NOT_PENDING_DELETION: Final = "{} is not pending deletion."
UNAVAILABLE: Final = "{} is unavailable."
CREATING: Final = "{} is creating."
UPDATING: Final = "{} is updating."
WRONG_ORIGIN: Final = "{} origin is {} which is not valid for this operation."
WRONG_USAGE: Final = "{} key usage is {} which is not valid for {}."
WRONG_ALGORITHM: Final = "Algorithm {} is incompatible with key spec {}."
INCORRECT_KEY: Final = (
    "The key ID in the request does not identify a CMK that can perform this operation."
)
NOT_PRIMARY: Final = "{} is not a multi-region primary key."
REPLICA_EXISTS: Final = UNPUBLISHED + "{} already exists."
NOT_A_REGION: Final = UNPUBLISHED + "KMS keys cannot be replicated into {} from {}."
ALREADY_PRIMARY: Final = UNPUBLISHED + "{} is the primary key already."
DRY_RUN: Final = "The request would have succeeded, but the DryRun option is set."

# -- what a parameter may be
DIGEST_LENGTH: Final = "Digest is invalid length for algorithm {}."
MESSAGE_TYPE: Final = UNPUBLISHED + "MessageType {} is not valid for algorithm {}."
WRONG_PUBLIC_KEY: Final = UNPUBLISHED + "The public key is not a key of the same curve."
NO_PUBLIC_KEY: Final = UNPUBLISHED + "{} has no public key."
BYTES_REQUIRED: Final = "NumberOfBytes is required."
BYTES_OR_SPEC: Final = UNPUBLISHED + "Please specify either number of bytes or key spec."
USAGE_REQUIRED: Final = (
    "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
)
USAGE_INCOMPATIBLE: Final = "KeyUsage {} is not compatible with KeySpec {}"
TOO_MUCH_PLAINTEXT: Final = "Algorithm {} and key spec {} cannot encrypt data larger than {} bytes."
DUPLICATE_TAGS: Final = "Duplicate tag keys"
TOO_MANY_TAGS: Final = "Too many tags"
RESERVED_TAGS: Final = "Tags beginning with aws: are reserved"
RAM_POLICY: Final = "The AWS_RAM policy can only be managed by the RAM service"
CONFLICTING_SPECS: Final = UNPUBLISHED + "KeySpec and CustomerMasterKeySpec cannot both be given."
NOT_OFFERED: Final = UNPUBLISHED + "{} is not offered by this installation of kmslab."
SPEC_NOT_HERE: Final = UNPUBLISHED + "Keys of {} are not supported in {}."
RECIPIENT_NOT_OFFERED: Final = UNPUBLISHED + "Recipient attestation is not offered."

# -- grants
ONE_GRANTEE: Final = UNPUBLISHED + "Name either a grantee principal or a grantee service principal."
ONE_RETIRING_PRINCIPAL: Final = UNPUBLISHED + "Name at most one retiring principal."
SERVICE_GRANTEE: Final = (
    UNPUBLISHED
    + "A grantee service principal needs a SourceArn constraint and a retiring principal."
)
RETIRING_PRINCIPAL_REQUIRED: Final = UNPUBLISHED + "A retiring principal is required."
NOT_GRANTABLE: Final = UNPUBLISHED + "The operations {} cannot be granted for {}."
ONE_CONSTRAINT: Final = (
    UNPUBLISHED + "EncryptionContextEquals and EncryptionContextSubset exclude each other."
)
CONTEXT_NEEDS_SYMMETRIC_KEY: Final = (
    UNPUBLISHED + "Encryption context constraints need a symmetric encryption key."
)
CONSTRAINT_TOO_LARGE: Final = (
    UNPUBLISHED + "An encryption context constraint holds {} pairs of up to {} characters."
)
INVALID_GRANT_ID: Final = UNPUBLISHED + "The grant ID is malformed."
INVALID_GRANT_TOKEN: Final = UNPUBLISHED + "The grant token is not valid."
TOKEN_OR_GRANT: Final = UNPUBLISHED + "Name the grant by its token, or by key ARN and grant ID."
GRANT_NOT_FOUND: Final = UNPUBLISHED + "Grant {} does not exist."

# -- imported key material
VALID_TO_REQUIRED: Final = (
    "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
)
VALID_TO_FORBIDDEN: Final = (
    UNPUBLISHED + "ValidTo cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE."
)
VALID_TO_RANGE: Final = UNPUBLISHED + "ValidTo must be in the future, at most {} days away."
WRAPPING_UNSUPPORTED: Final = (
    UNPUBLISHED + "{} with a wrapping key of {} is not supported for key material of {}."
)
SYMMETRIC_ONLY: Final = UNPUBLISHED + "{} can be used with symmetric encryption keys only."
NEW_MATERIAL_HAS_NO_ID: Final = (
    UNPUBLISHED + "KeyMaterialId cannot be given if the ImportType is NEW_KEY_MATERIAL."
)
MATERIAL_NOT_FOUND: Final = UNPUBLISHED + "Key material {} is not associated with {}."
ANOTHER_MATERIAL_PENDING: Final = (
    "New key material (id: {}) cannot be imported into KMS key {}, because another key material "
    "(id: {}) is pending rotation."
)
NEW_MATERIAL_AT_PRIMARY: Final = (
    UNPUBLISHED + "New key material is imported into the primary key first: {}."
)
NO_MATERIAL_PENDING: Final = "No available key material pending rotation for the key: {}."

PENDING_WINDOW: Final = UNPUBLISHED + "PendingWindowInDays must be between {} and {}."
ROTATIONS_USED_UP: Final = (
    "The on-demand rotations limit has been reached for the given keyId. "
    "No more on-demand rotations can be performed for this key: {}"
)
ROTATION_UNDER_WAY: Final = UNPUBLISHED + "An automatic rotation is under way or about to begin."

# -- custom key stores
KEY_STORE_NEEDS: Final = UNPUBLISHED + "A custom key store of this type needs {}."
KEY_STORE_AND_ORIGIN: Final = (
    UNPUBLISHED + "CustomKeyStoreId goes with an Origin of AWS_CLOUDHSM or EXTERNAL_KEY_STORE."
)
EXTERNAL_KEY_AND_ORIGIN: Final = UNPUBLISHED + "XksKeyId goes with an Origin of EXTERNAL_KEY_STORE."
ID_OR_NAME: Final = UNPUBLISHED + "Name a custom key store by its ID or its name, not by both."
NO_KEY_STORE: Final = UNPUBLISHED + "The custom key store {} does not exist."
NO_CLUSTER: Final = UNPUBLISHED + "The AWS CloudHSM cluster {} does not exist."
NO_PROXY: Final = UNPUBLISHED + "The external key store proxy at {}{} cannot be reached."

# -- who may
NOT_AUTHORIZED: Final = "User: {} is not authorized to perform: {} on resource: {}"
UNREACHABLE: Final = (
    "User: {} is not authorized to perform: {} on {} because the resource does not exist in this "
    "Region, no resource-based policies allow access, or a resource-based policy explicitly denies "
    "access"
)

# -- how much
THROTTLED: Final = (
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
)
RATE_EXCEEDED: Final = "Rate exceeded"  # of other services
QUOTA_REACHED: Final = UNPUBLISHED + "The quota of {} {} has been reached."

# -- Service Quotas
NO_SUCH_SERVICE: Final = UNPUBLISHED + "The request failed because the service does not exist."
NO_SUCH_QUOTA: Final = UNPUBLISHED + "The request failed because the quota does not exist."
NOT_ADJUSTABLE: Final = UNPUBLISHED + "The quota {} cannot be increased."
VALUE_REQUIRED: Final = UNPUBLISHED + "DesiredValue is required."
NO_INCREASE: Final = UNPUBLISHED + "You must provide a value above the one that applies."
INVALID_PAGINATION_TOKEN: Final = UNPUBLISHED + "The pagination token is not valid."

# -- CloudTrail, and the clock of the world
NO_SUCH_CATEGORY: Final = UNPUBLISHED + "Only management events are kept; leave EventCategory out."
TIME_RANGE: Final = UNPUBLISHED + "StartTime is later than EndTime."
NOT_ADMINISTRATOR: Final = "Only an account's administrator, kmslab-admin, may move the clock."
MACHINE_CLOCK: Final = "This server lives in the machine's time; start it with --clock virtual."
CLOCK_BACKWARDS: Final = "The clock stands at {} and only moves forward."
TOO_FAR: Final = "{} is more than a century away."
NO_INSTANT: Final = "'{}' is no instant: write it as 2026-12-31T09:00:00Z."

# -- IAM and STS
NO_SUCH_ACTION: Final = "Could not find operation {} for version {}"
NO_SUCH_SERVICE_NAME: Final = UNPUBLISHED + "{} is not the name of a service."
PATH_OF_SERVICES: Final = UNPUBLISHED + "The path {} is reserved for service-linked roles."
ROLE_OF_SERVICE: Final = UNPUBLISHED + "Role {} can be changed only by {}, to which it is linked."
NO_SUCH_USER: Final = "The user with name {} cannot be found."
NO_SUCH_MANAGED_POLICY: Final = "Policy {} does not exist or is not attachable."
USER_NAME_REQUIRED: Final = "Must specify userName when calling with non-User credentials"
SESSION_TOO_LONG: Final = (
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
)
CHAINED_SESSION_TOO_LONG: Final = (
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
    "chaining"
)
NEEDS_LASTING_CREDENTIALS: Final = "Cannot call {} with session credentials"

# -- Organizations
MANAGEMENT_ONLY: Final = "You don't have permissions to access this resource."
TYPE_NOT_ENABLED: Final = "This operation can be performed only for enabled policy types."
POLICY_TOO_LONG: Final = "You exceeded the maximum policy size limit."
LAST_ATTACHED: Final = (
    "You cannot remove the last policy attached to the specified target. You should have at least "
    "one attached at any time."
)
TOO_MANY_ATTACHED: Final = (
    "You have attached the maximum number of policies to the specified target."
)

# -- before the service is asked
NO_TOKEN: Final = "Request is missing Authentication Token"  # noqa: S105 - a message, no password
BOTH_SIGNATURES: Final = (
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
)
PRESIGNED: Final = UNPUBLISHED + "A signature in the query string is not accepted."
UNSUPPORTED_ALGORITHM: Final = UNPUBLISHED + "Unsupported AWS 'algorithm': '{}'."
PARAMETER_REQUIRED: Final = "Authorization header requires '{}' parameter."
DATE_REQUIRED: Final = (
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
)
AUTHORIZATION_WAS: Final = "Authorization={}"
MALFORMED_PAIR: Final = (
    "Invalid key=value pair (missing equal-sign) in Authorization header "
    "(hashed with SHA-256 and encoded with Base64): '{}'."
)
REPEATED_PARAMETER: Final = UNPUBLISHED + "Authorization header has several '{}' parameters."
MALFORMED_CREDENTIAL: Final = UNPUBLISHED + (
    "Credential must have exactly 5 slash-delimited elements, "
    "e.g. keyid/date/region/service/term, got '{}'"
)
MALFORMED_DATE: Final = UNPUBLISHED + "Date must be in ISO-8601 'basic format'. Got '{}'."
SCOPE_REGION: Final = "Credential should be scoped to a valid region, not '{}'."
SCOPE_SERVICE: Final = "Credential should be scoped to correct service: '{}'."
SCOPE_TERMINATOR: Final = (
    "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'."
)
SCOPE_DATE: Final = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    "'{}' != '{}', from '{}'."
)
INVALID_TOKEN: Final = "The security token included in the request is invalid."  # noqa: S105
EXPIRED_TOKEN: Final = "The security token included in the request is expired"  # noqa: S105
SIGNATURE_EXPIRED: Final = "Signature expired: {} is now earlier than {} ({} - 5 min.)"
SIGNATURE_EARLY: Final = "Signature not yet current: {} is still later than {} ({} + 5 min.)"
REPEATED_HEADER: Final = UNPUBLISHED + "The request has several '{}' headers."
UNSIGNED_HEADER: Final = UNPUBLISHED + "'{}' must be a 'SignedHeader' in the AWS Authorization."
SIGNED_HEADER_MISSING: Final = UNPUBLISHED + "The signed header '{}' is not in the request."
SIGNATURE_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)

# -- before there is a request at all
BODY_TOO_LARGE: Final = UNPUBLISHED + "The request body is larger than {} bytes."
HEAD_TOO_LARGE: Final = UNPUBLISHED + "The request's headers are larger than {} bytes."
TARGET_TOO_LONG: Final = UNPUBLISHED + "The request target is longer than {} bytes."
MALFORMED_HTTP: Final = UNPUBLISHED + "The request is malformed: {}"
UNKNOWN_EXPECTATION: Final = UNPUBLISHED + "The expectation cannot be met."
REQUEST_TIMEOUT: Final = UNPUBLISHED + "The request took too long to arrive."

# -- key policies
POLICY_SYNTAX: Final = "Syntax errors in policy."
POLICY_TOO_LARGE: Final = UNPUBLISHED + "The key policy is larger than {} bytes."
INVALID_PRINCIPALS: Final = "Policy contains a statement with one or more invalid principals."
POLICY_LOCKOUT: Final = (
    "The new key policy will not allow you to update the key policy in the future."
)
