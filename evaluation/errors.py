"""What can go wrong with labelled data: one line that says what, where and what to do."""


class EvaluationError(ValueError):
    """Data that cannot be evaluated; a command reports it and exits with code 2."""
