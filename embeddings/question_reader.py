"""Bring a question into the form in which it is searched: normalised, corrected, with its terms."""

from dataclasses import dataclass

from corpus.normalising import normalise
from corpus.records import Danger
from embeddings.correction import Correction, Corrector
from embeddings.dangers import DangerFinder
from embeddings.lexical import WeightedTerms
from embeddings.records import Change
from embeddings.terms import TermSplitter


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """Hold a question as it is searched, with what was corrected in it.

    `dangers` are those that the question tells of: nobody then says that there is no answer.
    """

    text: str
    terms: WeightedTerms
    changes: tuple[Change, ...] = ()
    dangers: tuple[Danger, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionReader:
    """Read questions by the words of one index; threads may share it.

    Without a corrector nothing is corrected.
    """

    splitter: TermSplitter
    corrector: Corrector | None
    added_weight: float
    dangers: DangerFinder

    def read(self, question: str) -> ReadQuestion:
        """Return the form of a question that is searched."""
        text = normalise(question)
        corrected = self.corrector.correct(text) if self.corrector is not None else Correction(text, ())
        terms = self.splitter.expand(corrected.text, self.added_weight)
        # As it was written: a correction knows the words of the index only.
        return ReadQuestion(corrected.text, terms, corrected.changes, self.dangers.find(text))
