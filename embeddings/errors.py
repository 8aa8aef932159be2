"""Say what went wrong between passages and answers."""

# Names both folders, lest the shipped articles replace somebody's own.
REBUILD_HINT = "build it anew with `zhaiwen rebuild ARTICLES --index DIR --full`"
INSTALL_HINT = "run `pip install '.[build]'` in the project's folder"


class EmbeddingsError(Exception):
    """Report what was given, what was wanted, and what to do; base of this layer's errors."""


class ModelError(EmbeddingsError):
    """Report a model that cannot be found, is not safe to load, or does not do as it should."""


class SnapshotError(EmbeddingsError):
    """Report an index that is missing, damaged, half-written, or of another format or model."""


class QuestionError(EmbeddingsError):
    """Report a question that cannot be searched."""


class TextTooLongError(QuestionError):
    """Report a text with more tokens than the encoder reads; nothing is ever cut silently."""


class QuestionSetError(EmbeddingsError):
    """Report questions or judgements that cannot be used."""


class MalformedLineError(QuestionSetError):
    """Report a line of a question set that cannot be used: `where` it stands, and the reason."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class AnsweringError(EmbeddingsError):
    """Report a service that gave no usable answer."""


class TuningError(EmbeddingsError):
    """Report a tuning file, or a calibration, that cannot be used."""


class DependencyError(EmbeddingsError):
    """Report a package that is not installed, with the line that installs it."""
