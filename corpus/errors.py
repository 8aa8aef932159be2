"""Say what went wrong with an article or a folder of them."""


class CorpusError(Exception):
    """Report input that this layer cannot use: what was given, what was wanted, what to do."""
