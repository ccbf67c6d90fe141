"""What is wrong with a policy document, in words for its author."""


class PolicyError(ValueError):
    """The document cannot be read as a policy; the message says where and why."""
