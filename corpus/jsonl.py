"""Read articles from a JSONL file, one article a line."""

import json
from pathlib import Path

from corpus.errors import CorpusError
from corpus.records import Article, Markup
from corpus.unicode import valid_text


def read_beir_corpus(path: Path) -> tuple[Article, ...]:
    """Read the `corpus.jsonl` of a BEIR folder (`_id`, `title`, `text` a line).

    Raises:
        CorpusError: the file is missing, a line is malformed, or an id appears twice.
    """
    articles: dict[str, Article] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        article = _article(line, f"{path}:{number}", path.name)
        if article.id in articles:
            raise CorpusError(f"{path}:{number}: the id {article.id!r} appears twice; ids must be unique")
        articles[article.id] = article
    if not articles:
        raise CorpusError(f"{path} holds no document; a line such as {{'_id': …, 'title': …, 'text': …}} was wanted")
    return tuple(articles[id_] for id_ in sorted(articles))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise CorpusError(f"{path}: there is no such file; a BEIR folder holds corpus.jsonl") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read as UTF-8 text ({error}); check the file") from error


def _article(line: str, where: str, name: str) -> Article:
    try:
        record = json.loads(line)
        id_, text = record["_id"], record["text"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CorpusError(f"{where}: not a document; JSON with _id, title and text was wanted") from error
    title = record.get("title") or ""
    if not all(isinstance(value, str) for value in (id_, text, title)):
        raise CorpusError(f"{where}: _id, title and text must be texts; quote them")
    return Article(
        id=valid_text(id_, f"{where}: the id"),
        path=name,
        original=valid_text(text, f"{where}: the text"),
        markup=Markup.PLAIN,
        title=valid_text(title.strip(), f"{where}: the title") or None,
    )
