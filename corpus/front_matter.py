"""Read the YAML front matter of a Markdown article."""

import re
from dataclasses import dataclass

import yaml

from corpus.errors import CorpusError
from corpus.fields import date_field, id_field, tags_field, text_field
from corpus.records import SAYS_NOTHING, About

# Matches "---\nid: a\n---\nbody"; must not match "---" as a rule further down in a text.
_FENCED = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_MAX_CHARACTERS = 20_000


class _TextLoader(yaml.BaseLoader):
    """Load every scalar as the text that stands there: `id: 010` is "010", not 8.

    Aliases are refused: a few lines of them can stand for a text of gigabytes.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Hold the fields of a front matter, and where the body begins after it."""

    body_start: int = 0
    id: str | None = None
    about: About = SAYS_NOTHING


def read_front_matter(text: str) -> FrontMatter:
    """Return the front matter of `text`; an empty one where the text has none.

    Unknown keys are left alone, so that articles may carry fields of other tools.

    Raises:
        CorpusError: the block is not YAML, not a mapping, or a field is of the wrong kind.
    """
    match = _FENCED.match(text)
    if match is None:
        return FrontMatter()
    block = match["yaml"]
    if len(block) > _MAX_CHARACTERS:
        raise CorpusError(
            f"the front matter has {len(block)} characters, at most {_MAX_CHARACTERS} are read; move long text below it"
        )
    fields = _parse(block)
    return FrontMatter(
        body_start=match.end(),
        id=id_field(fields.get("id"), "id in the front matter"),
        about=About(
            title=_text(fields, "title"),
            source=_text(fields, "source"),
            author=_text(fields, "author"),
            url=_text(fields, "url"),
            published=date_field(fields.get("published"), "published in the front matter"),
            tags=tags_field(fields.get("tags"), "tags in the front matter", "[上门, 证件]"),
        ),
    )


def _parse(block: str) -> dict[object, object]:
    try:
        fields = yaml.load(block, Loader=_TextLoader)  # noqa: S506 -- it makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 2}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)[:100]
        raise CorpusError(
            f"{line}the front matter is not YAML ({problem}); write lines such as `title: …` between two lines of ---"
        ) from error
    if fields is None or fields == "":
        return {}
    if not isinstance(fields, dict):
        raise CorpusError(
            f"the front matter is a {type(fields).__name__}, a mapping was wanted; "
            "write lines such as `title: …` between two lines of ---"
        )
    return fields


def _text(fields: dict[object, object], name: str) -> str | None:
    return text_field(fields.get(name), f"{name} in the front matter")
