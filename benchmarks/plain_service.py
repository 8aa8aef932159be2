"""The service that most people would write, in as few lines: what `zhaiwen benchmark` compares ours with.

usage: PLAIN_MODEL=FOLDER PLAIN_TEXTS=FILE.jsonl PLAIN_VECTORS=FILE.npy uvicorn benchmarks.plain_service:app --port 9000

FOLDER is a sentence-transformers model; each line of FILE.jsonl has `_id` and `text`. PLAIN_VECTORS has one vector a
line: with it, as here, a start encodes no texts, only questions. Without it they are encoded at the start.
"""

import json
import os
from pathlib import Path

import faiss
import numpy as np
from fastapi import FastAPI
from sentence_transformers import SentenceTransformer

QUERY, PASSAGE = os.environ.get("PLAIN_QUERY_PROMPT", "query: "), os.environ.get("PLAIN_PASSAGE_PROMPT", "passage: ")
model = SentenceTransformer(os.environ["PLAIN_MODEL"], device="cpu")
texts = [json.loads(line) for line in Path(os.environ["PLAIN_TEXTS"]).read_text(encoding="utf-8").splitlines()]
saved = os.environ.get("PLAIN_VECTORS")
vectors = np.load(saved) if saved else model.encode([PASSAGE + one["text"] for one in texts], normalize_embeddings=True)
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
app = FastAPI()


@app.get("/search")
def search(q: str, k: int = 5) -> list[dict[str, str | float]]:
    """Return the nearest texts."""
    scores, rows = index.search(model.encode([QUERY + q], normalize_embeddings=True), k)
    return [
        {"id": texts[row]["_id"], "score": float(score), "text": texts[row]["text"]}
        for score, row in zip(scores[0], rows[0], strict=True)
        if row >= 0
    ]
