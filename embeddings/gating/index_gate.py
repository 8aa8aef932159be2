"""Put the gate together."""

from dataclasses import dataclass

import numpy as np

from embeddings.evaluation.evaluating import Asked
from embeddings.gating import answers, continuity, integrity
from embeddings.protocols import Reporter
from embeddings.records import SearchOptions
from embeddings.store.request import Opened, Served, Verdict

MAX_REMOVED = 0.05
# Headings that stand for questions where none are given, and the results that are compared.
_HEADINGS, _DEPTH = 100, 10


@dataclass(frozen=True, slots=True)
class IndexGate:
    """Check a snapshot by itself, beside the one that is served, and on questions where there are some.

    `max_removed` is the share of the articles that may be gone, `margin` what a measure may fall by.
    """

    asked: Asked | None = None
    max_removed: float = MAX_REMOVED
    margin: float = answers.MARGIN

    def judge(self, new: Opened, served: Served, reporter: Reporter) -> Verdict:
        """Return what speaks against serving a new snapshot instead of the one that is served, if there is one."""
        found = list(integrity.refusals(new))
        if found:
            # What is broken need not be asked.
            return Verdict(tuple(found), broken=True)
        new, opened = answers.sharing_encoder(new, served.opened)
        found += continuity.removed(new, served.articles, self.max_removed)
        if opened is not None:
            found += continuity.refusals(new, opened)
        if self.asked is not None:
            verdict = answers.judge(new, opened, self.asked, self.margin, reporter)
        else:
            verdict = Verdict(notes=() if opened is None else (_overlap(new, opened),))
        notes = (served.trouble, *verdict.notes) if served.trouble else verdict.notes
        return Verdict((*found, *verdict.refusals), notes, verdict.measured)


def _overlap(new: Opened, served: Opened) -> str:
    """Return how many of the first results both share, asked by the headings of passages."""
    passages = new.searcher.passages
    rows = np.unique(np.linspace(0, passages.count - 1, min(_HEADINGS, passages.count)).astype(np.int64))
    asked = list(dict.fromkeys(" ".join((one.article.title, *one.headings[-1:])) for one in passages.get(rows)))
    options = SearchOptions(k=_DEPTH, highlight=False)
    shares = []
    for question in asked:
        ours, theirs = (
            {one.passage.text for one in side.searcher.search(question, options).results} for side in (new, served)
        )
        shares.append(len(ours & theirs) / max(len(ours | theirs), 1))
    return (
        f"no questions to measure by; asked by {len(asked)} of its headings, the new index shares "
        f"{float(np.mean(shares)):.0%} of the first {_DEPTH} results with the one that is served"
    )
