"""Errors of the core. People and programs see them as ``core.api.ApiError`` (``core.refusals``)."""


class CoreError(Exception):
    """Base of all errors of this package; never raised itself."""


class OpenFailed(CoreError):
    """A ciphertext does not open: wrong key, or altered bytes. Which of the two is never reported."""


class Malformed(CoreError):
    """Invalid bytes from a stranger or a contact. ``what`` names the structure."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Newer(Malformed):
    """Bytes of a version that this program does not know: it has to be updated to read them."""
