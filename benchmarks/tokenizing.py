"""Compare the light tokenizer of the default model with the full one: tokens, time, memory.

usage: python benchmarks/tokenizing.py [FOLDER]...

Every text in the folders' JSONL, Markdown and text files, those of `corpus/` included, is cut by both,
as it is, line by line, and behind the prompts. Times are medians of one thread on texts that neither
has seen before; memory is that of fresh processes.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from embeddings.encoders.light_tokenizer import Cut
from embeddings.encoders.model_folder import ModelRequest, find_model
from embeddings.encoders.tokenizer_files import FULL_FILE, load_tokenizer, write_tokenizer
from embeddings.encoders.tokenizing import TextTokenizer
from scripts.options import Defaults

SHIPPED = Path(__file__).parent.parent / "corpus"
PROMPTS = ("query: ", "passage: ")
BATCH = 500
# Characters of a text that is timed, and how many are.
LENGTHS = (20, 200, 400)
TIMED = 500
STARTS = 5
MEMORY = """
import sys, time
from pathlib import Path
from embeddings.encoders.tokenizer_files import load_tokenizer

def resident() -> list[int]:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return [int(status.split(name + ":")[1].split()[0]) for name in ("RssAnon", "RssFile")]

before, started = resident(), time.perf_counter()
tokenizer = load_tokenizer(Path(sys.argv[1]))
loading = time.perf_counter() - started
loaded = resident()
for line in sys.stdin:
    tokenizer.encode_batch([line])
for now in (loaded, resident()):
    print(*(kilobytes - then for kilobytes, then in zip(now, before)))
print(loading)
"""


def strings(value: object) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def texts_below(folder: Path) -> Iterator[str]:
    """Yield the texts of a folder's files, whole and line by line."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".jsonl", ".md", ".txt"}:
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        if path.suffix == ".jsonl":
            for line in filter(str.strip, lines):
                yield from strings(json.loads(line))
        else:
            yield from ("\n".join(lines), *lines)


def differences(ours: TextTokenizer, theirs: TextTokenizer, texts: Sequence[str]) -> int:
    """Return how many texts are cut into other ids, or to other offsets."""
    pairs = zip(ours.encode_batch(list(texts)), theirs.encode_batch(list(texts)), strict=True)
    return sum(our != Cut(their.ids, their.offsets, their.special_tokens_mask) for our, their in pairs)


def compare(light: TextTokenizer, full: TextTokenizer, folder: Path) -> None:
    """Print how many texts of a folder were compared, and how many differ."""
    compared = tokens = differing = 0
    texts = iter(dict.fromkeys(texts_below(folder)))
    while some := list(islice(texts, BATCH)):
        prompted = [prompt + text for text in some for prompt in ("", *PROMPTS)]
        differing += differences(light, full, prompted)
        compared += len(prompted)
        tokens += sum(len(cut.ids) for cut in light.encode_batch(prompted))
    print(f"{folder}: {compared:,} texts, {tokens:,} tokens, {differing} differ")


def microseconds(tokenizer: TextTokenizer, texts: Sequence[str]) -> float:
    """Return the median time of one text."""
    times = []
    for text in texts:
        started = time.perf_counter()
        (cut,) = tokenizer.encode_batch([text])
        _ = cut.ids, cut.offsets
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def time_both(light: TextTokenizer, full: TextTokenizer) -> None:
    """Print the time of texts of some lengths, taken from the articles, in turn."""
    whole = "".join(path.read_text(encoding="utf-8") for path in sorted((SHIPPED / "articles").glob("*.md")))
    for length in LENGTHS:
        starts = np.linspace(0, len(whole) - length, 2 * TIMED, dtype=int)
        texts = [PROMPTS[0] + whole[start : start + length] for start in starts.tolist()]
        ours, theirs = microseconds(light, texts[::2]), microseconds(full, texts[1::2])
        print(f"{length} characters: light {ours:.0f} µs, full {theirs:.0f} µs, {ours / theirs:.1f} times as long")


def weigh(name: str, folder: Path, texts: Sequence[str]) -> None:
    """Print what a tokenizer adds to the resident memory of a fresh process, and how long it takes to load."""
    runs = []
    for _ in range(STARTS):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(folder)],
            check=True,
            capture_output=True,
            text=True,
            input="\n".join(text.replace("\n", " ") for text in texts),
            env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
        )
        runs.append([float(number) for number in done.stdout.split()])
    anonymous, mapped, anonymous_later, mapped_later, seconds = (
        statistics.median(run) for run in zip(*runs, strict=True)
    )
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(f"{name}: {size:.1f} MB on the disk, loads in {seconds * 1000:.0f} ms; MiB resident, own + of files:")
    print(f"    loaded {anonymous / 1024:.1f} + {mapped / 1024:.1f}, ", end="")
    print(f"after {len(texts):,} texts {anonymous_later / 1024:.1f} + {mapped_later / 1024:.1f}")


def main(folders: Sequence[Path]) -> None:
    """Print all comparisons."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    model = find_model(ModelRequest(), Defaults.from_environment(os.environ).cache)
    with tempfile.TemporaryDirectory() as work:
        light_folder, full_folder = Path(work) / "light", Path(work) / "full"
        light_folder.mkdir()
        full_folder.mkdir()
        original = Tokenizer.from_file(str(model.path / FULL_FILE))
        started = time.process_time()
        hindrance = write_tokenizer(original, light_folder)
        print(f"written and compared on probes in {time.process_time() - started:.1f} s; hindrance: {hindrance}")
        original.save(str(full_folder / FULL_FILE))
        light, full = load_tokenizer(light_folder), load_tokenizer(full_folder)
        for folder in (SHIPPED, *folders):
            compare(light, full, folder)
        time_both(light, full)
        texts = list(islice(texts_below(SHIPPED), 5_000))
        weigh("light", light_folder, texts)
        weigh("full", full_folder, texts)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
