"""Say what a build would change, without building."""

from dataclasses import dataclass, replace

from corpus.chunking import ChunkSizes
from corpus.records import Problem
from embeddings.store.base import changes_between, find_before, fingerprints
from embeddings.store.layout import IndexLayout
from embeddings.store.manifest import Manifest
from embeddings.store.request import ArticleChanges, BuildRequest


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold what a build would find: changed articles, what it would leave out, and what it would do all over.

    `cuts_all` and `encodes_all` tell that nothing could be taken over, whichever articles changed.
    """

    changes: ArticleChanges
    problems: tuple[Problem, ...]
    cuts_all: bool
    encodes_all: bool


def plan(request: BuildRequest) -> Plan:
    """Read all articles, and compare them with the snapshot that is served; writes nothing.

    Raises:
        CorpusError: no article can be read.
    """
    found_before = find_before(IndexLayout(request.index))
    base = found_before.base
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for item in request.source.articles():
        if isinstance(item, Problem):
            problems.append(item)
        elif base is None or item.path not in base.manifest.left_out:
            found[item.id] = item.content_hash
    cuts, encodes = (True, True) if base is None or request.full else _anew(request, base.manifest)
    return Plan(changes_between(found_before.articles, found), tuple(problems), cuts, encodes)


def _anew(request: BuildRequest, served: Manifest) -> tuple[bool, bool]:
    tuning = request.tuning
    sizes = ChunkSizes(tuning.target_tokens, tuning.max_tokens).fitted_to(served.encoder.max_tokens)
    fitted = replace(tuning, target_tokens=sizes.target, max_tokens=sizes.maximum)
    if served.encoder.token_dimension is None:
        fitted = replace(fitted, reranking=served.tuning.reranking)
    wanted = fingerprints(request.model.fingerprint, fitted)
    return wanted.cutting != served.cutting, wanted.encoding != served.encoding
