"""Clean articles: ordered rules, each of which returns edits."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from corpus.offsets import apply_edits, compose
from corpus.records import Article, CleanArticle, Edit
from corpus.rules import blanks, characters, furniture, markdown, pinyin, titles, wraps
from corpus.rules.page import Page
from corpus.rules.titles import head_of

Rule = Callable[[Page], Iterator[Edit]]

# Characters first, so that the rules after them meet clean words; then lines that are not the
# article's, so that its own first line can be found.
_BEFORE_TITLE: tuple[Rule, ...] = (
    characters.compatible_characters,
    characters.tags,
    characters.entities,
    characters.width,
    characters.invisible,
    characters.control,
    pinyin.readings,
    markdown.images,
    markdown.links,
    markdown.strong,
    furniture.menus,
    furniture.copyright_lines,
    furniture.icp_lines,
    furniture.contact_lines,
    furniture.disclaimers,
    furniture.editor_lines,
    furniture.comments,
    furniture.link_lists,
    wraps.hard_wraps,
)
# What needs the title, or proves what it says.
_AFTER_TITLE: tuple[Rule, ...] = (
    titles.head_notes,
    blanks.restored_blanks,
    titles.title_repeats,
    titles.outlines,
    blanks.marked_blanks,
)
RULES = (*_BEFORE_TITLE, *_AFTER_TITLE)


def clean(article: Article) -> CleanArticle:
    """Return the article's clean text and the edits that lead to it.

    Every character that is not part of an edit stays as it is. Title, source, author and date that
    only the text names are filled in.
    """
    draft = CleanArticle(article, article.original[article.body_start :], ())
    for rule in _BEFORE_TITLE:
        draft = _applied(rule, draft)
    head = head_of(_page(draft))
    filled = replace(
        article,
        title=article.title or head.title,
        source=article.source or head.source,
        author=article.author or head.author,
        published=article.published or head.published,
    )
    draft = replace(draft, article=filled)
    for rule in _AFTER_TITLE:
        draft = _applied(rule, draft)
    return draft


def _page(draft: CleanArticle) -> Page:
    return Page(draft.text, draft.article.markup, draft.article.title)


def _applied(rule: Rule, draft: CleanArticle) -> CleanArticle:
    edits = sorted(rule(_page(draft)), key=lambda edit: edit.start)
    if not edits:
        return draft
    composed = compose(draft.edits, draft.text, edits, draft.article.body_start)
    return replace(draft, text=apply_edits(draft.text, edits), edits=composed)
