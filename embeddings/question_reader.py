"""Bring a question into the form in which it is searched: normalised, corrected, with its terms."""

from dataclasses import dataclass

from corpus.normalising import comparable, normalise
from embeddings.correction import Correction, Corrector
from embeddings.lexical import WeightedTerms
from embeddings.records import Change
from embeddings.terms import TermSplitter


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """Hold a question as it is searched, with what was corrected in it.

    `in_crisis` is set where who asks may need help before an answer: nobody then says that there is none.
    """

    text: str
    terms: WeightedTerms
    changes: tuple[Change, ...] = ()
    in_crisis: bool = False


@dataclass(frozen=True, slots=True)
class QuestionReader:
    """Read questions by the words of one index; threads may share it.

    Without a corrector nothing is corrected.
    """

    splitter: TermSplitter
    corrector: Corrector | None
    added_weight: float

    def read(self, question: str) -> ReadQuestion:
        """Return the form of a question that is searched."""
        text = normalise(question)
        corrected = self.corrector.correct(text) if self.corrector is not None else Correction(text, ())
        terms = self.splitter.expand(corrected.text, self.added_weight)
        compared = comparable(corrected.text)
        in_crisis = any(word in compared for word in self.splitter.lexicon.crisis)
        return ReadQuestion(corrected.text, terms, corrected.changes, in_crisis)
