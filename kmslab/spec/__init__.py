"""The KMS API as data, taken from botocore's service model."""
