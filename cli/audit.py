"""`motcua audit`."""


def audit() -> None:
    """Audit."""
