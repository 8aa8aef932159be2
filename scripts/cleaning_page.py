"""Write an article's original and clean text side by side as one HTML page, with nothing to load or run."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from corpus.records import CleanArticle
from scripts.cleaning_view import (
    Row,
    RuleCount,
    Stretch,
    edited_text,
    heading,
    kept_text,
    rows,
    stretches,
    total,
)

# Degrees on the colour wheel from one rule to the next: the golden angle sets any number well apart.
_HUE_STEP = 137.5

_STYLE = """
:root { --ink: #1d2125; --quiet: #565f69; --paper: #fdfdfc; --card: #fff; --line: #d5d9de;
  --pale: 80% 90%; --strong: 75% 27%; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --quiet: #aab2bb; --paper: #15181b; --card: #1d2125; --line: #3a4149;
    --pale: 45% 22%; --strong: 70% 80%; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 88rem; padding: 1.25rem 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.75 system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; line-height: 1.5; overflow-wrap: anywhere; }
.legend { max-width: 100%; overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; }
th, td { padding: .15rem 1.25rem .15rem 0; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400;
  font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; }
thead th { color: var(--quiet); }
tfoot th, tfoot td { border: 0; font-weight: 600; }
article { border: 1px solid var(--line); border-radius: .75rem; background: var(--card); overflow: hidden; }
.row, .head { display: grid; grid-template-columns: 3.5rem 1fr 1fr; }
.row > *, .head > * { padding: .1rem .75rem; min-width: 0; }
.row + .row, details .row { border-top: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
.head, .number { color: var(--quiet); font-size: .8rem; }
.head { border-bottom: 1px solid var(--line); }
.number { text-align: right; line-height: 1.4rem; padding-top: .4rem !important; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.clean { border-left: 1px solid var(--line); }
.same .text { color: var(--quiet); }
del, ins, .rule { background: hsl(var(--hue) var(--pale)); border-radius: .2rem; }
del { text-decoration: line-through; text-decoration-color: hsl(var(--hue) var(--strong)); }
ins { text-decoration: underline; text-decoration-color: hsl(var(--hue) var(--strong)); text-underline-offset: .2em; }
.rule { padding: 0 .35em; color: hsl(var(--hue) var(--strong)); }
.legend .rule { white-space: nowrap; }
small.rule { margin: 0 .15em; font-size: .7rem; background: none; }
summary { padding: .25rem .75rem .25rem 3.5rem; color: var(--quiet); font-size: .875rem; cursor: pointer; }
.row + details, details + .row { border-top: 1px solid var(--line); }
:focus-visible { outline: 3px solid currentColor; outline-offset: -3px; }
@media (max-width: 48rem) {
  th, td { padding-right: .6rem; }
  .legend .rule { white-space: normal; }
  .row { grid-template-columns: 2.75rem 1fr; }
  .row > * { padding-inline: .5rem; }
  .head, .same .clean { display: none; }
  .clean { grid-column: 2; margin: .15rem 0 .4rem; border-left: .2rem solid var(--quiet); }
  .clean:empty::before { content: "∅"; color: var(--quiet); }
}
"""


def page(articles: Sequence[CleanArticle], counts: Sequence[RuleCount], *, show_all: bool = False) -> str:
    """Return the page.

    Args:
        articles: to show, one below the other.
        counts: of all rules that edited them.
        show_all: whether long stretches without edits are unfolded from the start.
    """
    numbers = {count.rule: number for number, count in enumerate(counts)}
    title = escape(heading(articles[0].article)) if len(articles) == 1 else f"{len(articles)} articles"
    hues = "\n".join(f".r{number} {{ --hue: {round(number * _HUE_STEP) % 360}; }}" for number in numbers.values())
    shown = "\n".join(_article(article, numbers, show_all) for article in articles)
    return f"""<!DOCTYPE html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}{hues}
</style>
</head>
<body>
<header lang="en">
<h1>What cleaning changed</h1>
{_legend(counts)}
</header>
{shown}
</body>
</html>
"""


def _legend(counts: Sequence[RuleCount]) -> str:
    if not counts:
        return "<p>No rule changed anything.</p>"
    lines = "\n".join(
        f'<tr><th scope="row"><span class="rule r{number}">{escape(count.rule)}</span></th>{_cells(count)}</tr>'
        for number, count in enumerate(counts)
    )
    return f"""<div class="legend"><table>
<thead><tr><th scope="col">rule</th><th scope="col">edits</th><th scope="col">characters removed</th>\
<th scope="col">characters put in</th></tr></thead>
<tbody>
{lines}
</tbody>
<tfoot><tr><th scope="row">all</th>{_cells(total(counts))}</tr></tfoot>
</table></div>"""


def _cells(count: RuleCount) -> str:
    return f"<td>{count.edits}</td><td>{count.removed}</td><td>{count.put_in}</td>"


def _article(clean: CleanArticle, numbers: Mapping[str, int], show_all: bool) -> str:
    parts = "\n".join(_stretch(stretch, numbers, show_all) for stretch in stretches(rows(clean)))
    return f"""<h2>{escape(heading(clean.article))}</h2>
<article>
<div class="head" lang="en"><div>line</div><div>original</div><div class="clean">clean</div></div>
{parts}
</article>"""


def _stretch(stretch: Stretch, numbers: Mapping[str, int], show_all: bool) -> str:
    shown = "\n".join(_row(row, numbers) for row in stretch.rows)
    if not stretch.is_hidden:
        return shown
    opened = " open" if show_all else ""
    return f'<details{opened}><summary lang="en">… {len(stretch.rows)} lines …</summary>\n{shown}\n</details>'


def _row(row: Row, numbers: Mapping[str, int]) -> str:
    original = "".join(_original(row, numbers)).rstrip("\n")
    clean = "".join(_clean(row, numbers)).rstrip("\n")
    same = "" if row.is_edited else " same"
    return (
        f'<div class="row{same}"><div class="number">{row.number}</div>'
        f'<div class="text">{original}</div><div class="text clean">{clean}</div></div>'
    )


def _original(row: Row, numbers: Mapping[str, int]) -> Iterator[str]:
    for segment in row.segments:
        if segment.rule is None:
            yield escape(kept_text(segment))
        else:
            yield _marked("del", segment.original, segment.rule, numbers)
            yield f'<wbr><small class="rule r{numbers[segment.rule]}" lang="en">{escape(segment.rule)}</small>'
            yield "\n" if segment.original.endswith("\n") else ""


def _clean(row: Row, numbers: Mapping[str, int]) -> Iterator[str]:
    for segment in row.segments:
        if segment.rule is None:
            yield escape(kept_text(segment))
        elif segment.clean:
            yield _marked("ins", segment.clean, segment.rule, numbers)
            yield "\n" if segment.clean.endswith("\n") else ""


def _marked(element: str, text: str, rule: str, numbers: Mapping[str, int]) -> str:
    return f'<{element} class="r{numbers[rule]}" title="{escape(rule)}">{escape(edited_text(text))}</{element}>'
