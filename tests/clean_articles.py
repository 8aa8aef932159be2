"""Make cleaned articles by hand: of pieces that were kept and pieces that were edited."""

from hypothesis import strategies as st

from corpus.offsets import apply_edits
from corpus.records import About, Article, CleanArticle, Edit, Markup

FRONT = "---\ntitle: 上门\n---\n"
# Terminal escapes, a title for the window, a bell, reversed text, half a character, markup, a page's code.
HOSTILE = "\x1b[31m红\x1b]0;x\x07\x9b2J\r\u202e反\u2066\u200b\ud800[bold]粗[/bold]:smile:<script>alert('&\")</script>"
HOSTILE_SHOWN = (
    r"\x1b[31m红\x1b]0;x\x07\x9b2J\r\u202e反\u2066\u200b\ud800[bold]粗[/bold]:smile:<script>alert('&" + '")</script>'
)

Piece = str | tuple[str, str, str]


def cleaned(*pieces: Piece, front: str = "", title: str | None = None, path: str = "a.txt") -> CleanArticle:
    """Return an article of kept texts and of (deleted, put in, rule), in order."""
    original, edits = front, []
    for piece in pieces:
        if isinstance(piece, str):
            original += piece
        else:
            deleted, put_in, rule = piece
            edits.append(Edit(len(original), len(original) + len(deleted), put_in, rule))
            original += deleted
    article = Article(path, path, original, Markup.PLAIN, body_start=len(front), about=About(title=title))
    return CleanArticle(article, apply_edits(original[len(front) :], edits, len(front)), tuple(edits))


texts = st.text(st.sampled_from("上门 a\n\r\x1b\u202e"), min_size=1, max_size=6)
edits = st.tuples(texts, st.one_of(st.just(""), texts), st.sampled_from(["menu", "width"]))
clean_articles = st.builds(
    lambda pieces, front: cleaned(*pieces, front=front), st.lists(st.one_of(texts, edits)), st.sampled_from(["", FRONT])
)
