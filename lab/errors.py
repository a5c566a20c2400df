"""What the lab says when it can't go on."""


class LabError(Exception):
    """One sentence: what is wrong and what to do."""
