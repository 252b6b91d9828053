"""What can go wrong in the core, by whose fault. ``core.api.ApiError`` is what people and programs see of it."""


class CoreError(Exception):
    """Base of all errors of this package; never raised itself."""


class OpenFailed(CoreError):
    """A seal does not open: wrong key, or bytes that were altered. Which of the two is never told."""


class Malformed(CoreError):
    """Bytes from a stranger or a contact that are not what they should be. ``what`` names the structure."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Newer(Malformed):
    """Bytes of a version that this program does not know: it has to be updated to read them."""
