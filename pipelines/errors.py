"""The errors that a person can mend. Anything else is a fault of the program and keeps its traceback in the log."""


class UsageError(Exception):
    """Wrong usage or bad settings: one sentence that says what to do next; the program ends with exit code 64."""


class NightlyFailed(Exception):
    """The nightly job could not publish; what was published before is untouched; exit code 1."""
