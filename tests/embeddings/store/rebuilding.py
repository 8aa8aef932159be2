"""Rebuild an index in a process of its own, to be killed: `python rebuilding.py ARTICLES MODEL CACHE INDEX`."""

import sys
from pathlib import Path

from corpus.reading import ArticleFolder
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.gating.index_gate import IndexGate
from embeddings.store.builder import build
from embeddings.store.request import BuildRequest
from tests.conftest import SilentReporter

if __name__ == "__main__":
    articles, folder, cache, index = map(Path, sys.argv[1:])
    model = find_model(ModelRequest(str(folder)), cache)
    request = BuildRequest(ArticleFolder(articles), model, index, gate=IndexGate(max_removed=1))
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    build(request, SilentReporter())
    sys.stdout.write("end\n")
