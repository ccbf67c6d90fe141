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
DRY_RUN: Final = "The request would have succeeded, but the DryRun option is set."

# -- what a parameter may be
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
CONTEXT_TOO_LARGE: Final = UNPUBLISHED + "The encryption context is larger than {} bytes."
CONFLICTING_SPECS: Final = UNPUBLISHED + "KeySpec and CustomerMasterKeySpec cannot both be given."
NOT_OFFERED: Final = UNPUBLISHED + "{} is not offered by this installation of kmslab."
RECIPIENT_NOT_OFFERED: Final = UNPUBLISHED + "Recipient attestation is not offered."

# -- how much
THROTTLED: Final = (
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
)
QUOTA_REACHED: Final = UNPUBLISHED + "The quota of {} {} has been reached."

# -- before the service is asked
NO_TOKEN: Final = "Request is missing Authentication Token"  # noqa: S105 - a message, no password
