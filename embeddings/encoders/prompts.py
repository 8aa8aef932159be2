"""Know which prompts a model was trained with."""

import json
import re
from pathlib import Path

from embeddings.errors import ModelError
from embeddings.records import Prompts

CONFIG_FILE = "config_sentence_transformers.json"
_PASSAGE_NAMES = ("document", "passage", "corpus")

# The well-known families, by what their model cards say; matched against a model's name, the
# first that fits counts. Used only where the model's own configuration names no prompt.
_FAMILIES = (
    # Matches "intfloat/multilingual-e5-large-instruct"; must not match "multilingual-e5-small".
    (
        re.compile(r"\be5\b.*instruct"),
        Prompts(
            query="Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
        ),
    ),
    # Matches "intfloat/multilingual-e5-small", "e5-base-v2"; must not match "core5".
    (re.compile(r"\be5\b"), Prompts(query="query: ", passage="passage: ")),
    # Matches "BAAI/bge-small-zh-v1.5"; must not match "bge-large-zh-noinstruct" nor "bge-m3".
    (
        re.compile(r"\bbge-(small|base|large)-zh\b(?!-noinstruct)"),
        Prompts(query="为这个句子生成表示以用于检索相关文章："),
    ),
    (
        re.compile(r"\bbge-(small|base|large)-en\b"),
        Prompts(query="Represent this sentence for searching relevant passages: "),
    ),
    (re.compile(r"\bbge-m3\b"), Prompts()),
    (
        re.compile(r"\bgte-qwen.*instruct"),
        Prompts(
            query="Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
        ),
    ),
    # Matches "Alibaba-NLP/gte-multilingual-base", "thenlper/gte-large-zh".
    (re.compile(r"\bgte-"), Prompts()),
)


def prompts_for(folder: Path, name: str, query: str | None = None, passage: str | None = None) -> Prompts | None:
    """Return the prompts of a model: as given, else its configuration's, else its family's.

    Args:
        folder: the model's sentence-transformers folder.
        name: the hub name or folder name that the family is recognised by.
        query: a prompt for questions that overrides the others; may be empty.
        passage: the same for passages.

    Returns:
        None where nothing is known and neither prompt was given.

    Raises:
        ModelError: the model's configuration cannot be read.
    """
    known = _configured(folder) or _family(name)
    if known is None and query is None and passage is None:
        return None
    known = known or Prompts()
    return Prompts(
        query=known.query if query is None else query,
        passage=known.passage if passage is None else passage,
    )


def _configured(folder: Path) -> Prompts | None:
    path = folder / CONFIG_FILE
    if not path.exists():
        return None
    try:
        configuration = json.loads(path.read_text(encoding="utf-8"))
        prompts = configuration.get("prompts") or {}
        default = prompts.get(configuration.get("default_prompt_name")) or ""
        query = prompts.get("query") or default
        passage = next((prompts[name] for name in _PASSAGE_NAMES if prompts.get(name)), default)
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read ({error}); a JSON object with prompts was wanted") from error
    if not isinstance(query, str) or not isinstance(passage, str):
        raise ModelError(f"{path}: prompts must be texts; correct it or name them by option")
    # sentence-transformers writes empty prompts for models that were saved without any.
    return Prompts(query, passage) if query or passage else None


def _family(name: str) -> Prompts | None:
    lowered = name.lower().replace("_", "-")
    return next((prompts for pattern, prompts in _FAMILIES if pattern.search(lowered)), None)
