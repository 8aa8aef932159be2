"""Clean articles: ordered rules, each of which returns edits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from corpus.offsets import apply_edits, compose
from corpus.records import Article, CleanArticle, Edit
from corpus.rules import blanks, characters, furniture, markdown, pinyin, titles, wraps
from corpus.rules.page import Page
from corpus.rules.titles import head_of

Rule = Callable[[Page], Iterator[Edit]]
Edits = tuple[Edit, ...]

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
    offset = article.body_start
    page = Page(article.original[offset:], article.markup, article.about.title)
    page, edits = _applied(_BEFORE_TITLE, page, (), offset)
    about = article.about.completed_by(head_of(page))
    page, edits = _applied(_AFTER_TITLE, replace(page, title=about.title), edits, offset)
    return CleanArticle(replace(article, about=about), page.text, edits)


def _applied(rules: Sequence[Rule], page: Page, edits: Edits, offset: int) -> tuple[Page, Edits]:
    """Return what the rules make of a page, one after the other, and all the edits to it so far."""
    for rule in rules:
        found = sorted(rule(page), key=lambda edit: edit.start)
        if found:
            edits = compose(edits, page.text, found, offset)
            page = replace(page, text=apply_edits(page.text, found))
    return page, edits
