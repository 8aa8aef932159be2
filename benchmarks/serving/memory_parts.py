"""Load the parts of our service one after the other, and see what each takes. Run as a process of its own.

usage: python -m benchmarks.serving.memory_parts INDEX QUESTION…
"""

import gc
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.serving.memory import memory_of
from benchmarks.serving.records import Part


def main(index: Path, questions: Sequence[str]) -> list[Part]:
    """Return the memory after each part."""
    parts = [_part("Python")]
    import scripts.serve  # noqa: F401, PLC0415 -- what it takes is measured

    parts.append(_part("imports"))
    # All of these are loaded by now.
    from embeddings.encoders.onnx_encoder import OnnxEncoder  # noqa: PLC0415
    from embeddings.encoders.tokenizer_files import load_tokenizer  # noqa: PLC0415
    from embeddings.records import SearchOptions  # noqa: PLC0415
    from embeddings.store.layout import IndexLayout  # noqa: PLC0415
    from embeddings.store.loading import assembled  # noqa: PLC0415
    from embeddings.store.manifest import read_current  # noqa: PLC0415
    from embeddings.store.passage_store import PassageStore  # noqa: PLC0415
    from service.app import create_app  # noqa: PLC0415
    from service.index_folder import warm  # noqa: PLC0415
    from service.index_holder import IndexHolder  # noqa: PLC0415
    from service.settings import Settings  # noqa: PLC0415

    layout = IndexLayout(index)
    manifest = read_current(layout)
    folder, snapshot = layout.encoder(manifest.encoder.fingerprint), layout.snapshot(manifest.snapshot)
    tokenizer = load_tokenizer(folder)
    parts.append(_part("tokenizer"))
    # The encoder loads its own into the same place, and takes its session in addition.
    del tokenizer
    encoder = OnnxEncoder.load(folder)
    parts.append(_part("encoder session"))
    store = PassageStore.open(snapshot.passages)
    parts.append(_part("passages"))
    store.close()
    searcher = assembled(snapshot, manifest, encoder)
    parts.append(_part("index"))
    app = create_app(Settings(), IndexHolder(searcher))
    parts.append(_part("application"))
    warm(searcher)
    for question in questions:
        searcher.search(question, SearchOptions())
    parts.append(_part("first searches"))
    del app
    return parts


def _part(name: str) -> Part:
    gc.collect()
    return Part(name, memory_of())


if __name__ == "__main__":
    print(json.dumps([[part.name, asdict(part.after)] for part in main(Path(sys.argv[1]), sys.argv[2:])]))
