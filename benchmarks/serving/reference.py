"""Encode with sentence-transformers as it comes: fp32, batches of 32. Run as a process of its own.

usage: python -m benchmarks.serving.reference MODEL FOLDER
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.serving.material import Paths, ToEncode
from benchmarks.serving.records import Reference


def main(model_folder: str, paths: Paths) -> Reference:
    """Encode all texts and questions, write their vectors, and return how fast passages were."""
    model = SentenceTransformer(model_folder, device="cpu")
    wanted = ToEncode.read(paths.to_encode)
    passages = [wanted.prompts.passage + text for text in wanted.passages]
    model.encode(passages[:8])
    started = time.perf_counter()
    model.encode(passages, normalize_embeddings=True)
    speed = len(passages) / (time.perf_counter() - started)
    for of, prompt, texts in (
        ("texts", wanted.prompts.passage, wanted.texts),
        ("questions", wanted.prompts.query, wanted.questions),
    ):
        vectors = model.encode([prompt + text for text in texts], normalize_embeddings=True)
        np.save(paths.vectors("fp32", of), vectors.astype(np.float32))
    return Reference(speed)


if __name__ == "__main__":
    print(json.dumps({"passages_per_second": main(sys.argv[1], Paths(Path(sys.argv[2]))).passages_per_second}))
