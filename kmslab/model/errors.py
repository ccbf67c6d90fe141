"""The API's errors: one class for every code, raised where known and rendered once.

Messages are assembled here, in one table, so that a text that AWS does not publish can be seen
as such (`UNPUBLISHED`) and never spreads into tests as if AWS had promised it.
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
