"""Print an article's original and clean text side by side on a terminal, marked in one column elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest

from rich.cells import chop_cells
from rich.console import Console
from rich.text import Text

from corpus.records import CleanArticle
from scripts.cleaning_view import Row, Segment, edited_text, heading, kept_text, rows, stretches

# The terminal's own palette, so that they suit its background; the most used rule takes the first.
COLOURS = (
    "red",
    "blue",
    "magenta",
    "green",
    "cyan",
    "yellow",
    "bright_red",
    "bright_blue",
    "bright_magenta",
    "bright_green",
    "bright_cyan",
    "bright_yellow",
)
_DIVIDER = " │ "
_LEAST_COLUMN = 8


@dataclass(frozen=True, slots=True)
class TerminalView:
    """Show articles on one console.

    Where there are no colours, edits stand between marks: `[-deleted-]{+put in+}<rule>`. Where there
    is no terminal, all is in one column, one row a line, so that it can be searched.
    """

    console: Console
    colours: Mapping[str, str]
    has_columns: bool
    has_marks: bool

    @classmethod
    def for_console(cls, console: Console, rules: Sequence[str]) -> "TerminalView":
        """Return the view that suits the console; `rules` are all that will be met."""
        colours = {rule: COLOURS[number % len(COLOURS)] for number, rule in enumerate(rules)}
        has_marks = console.no_color or console.color_system is None
        return cls(console, colours, console.is_terminal, has_marks)

    def show(self, clean: CleanArticle, *, show_all: bool = False) -> None:
        """Print one article."""
        self._print(Text(heading(clean.article), "bold"))
        all_rows = tuple(rows(clean))
        digits = len(str(all_rows[-1].number)) if all_rows else 1
        for stretch in stretches(all_rows):
            if stretch.is_hidden and not show_all:
                self._print(Text(f"… {len(stretch.rows)} lines …", "dim"))
                continue
            for row in stretch.rows:
                if self.has_columns:
                    self._print_side_by_side(row, digits)
                else:
                    self.console.out(f"{row.number}: {''.join(map(_marked, row.segments))}", highlight=False)
        self._print(Text())

    def _print_side_by_side(self, row: Row, digits: int) -> None:
        width = max(_LEAST_COLUMN, (self.console.width - digits - 1 - len(_DIVIDER)) // 2)
        originals, cleans = _folded(self._original(row), width), _folded(self._clean(row), width)
        for number, (original, clean) in enumerate(zip_longest(originals, cleans)):
            left = (original or Text()).copy()
            left.truncate(width, pad=True)
            label = "" if number else str(row.number)
            line = Text.assemble((f"{label:>{digits}} ", "dim"), left, (_DIVIDER, "dim"), clean or Text())
            self._print(line)

    def _original(self, row: Row) -> Text:
        cell = Text(style="" if row.is_edited else "dim")
        for segment in row.segments:
            if segment.rule is None:
                cell.append(kept_text(segment))
                continue
            colour = self.colours[segment.rule]
            shown = edited_text(segment.original)
            cell.append(f"[-{shown}-]" if self.has_marks else shown, f"strike {colour}")
            cell.append(f"<{segment.rule}>", f"italic {colour}")
            cell.append("\n" if segment.original.endswith("\n") else "")
        return cell

    def _clean(self, row: Row) -> Text:
        cell = Text(style="" if row.is_edited else "dim")
        for segment in row.segments:
            if segment.rule is None:
                cell.append(kept_text(segment))
            elif segment.clean:
                shown = edited_text(segment.clean)
                cell.append(f"{{+{shown}+}}" if self.has_marks else shown, f"bold {self.colours[segment.rule]}")
                cell.append("\n" if segment.clean.endswith("\n") else "")
        return cell

    def _print(self, line: Text) -> None:
        self.console.print(line, soft_wrap=True)


def _marked(segment: Segment) -> str:
    if segment.rule is None:
        return kept_text(segment)
    put_in = f"{{+{edited_text(segment.clean)}+}}" if segment.clean else ""
    return f"[-{edited_text(segment.original)}-]{put_in}<{segment.rule}>".replace("\n", "")


def _folded(cell: Text, width: int) -> list[Text]:
    """Return a cell's lines, none wider than `width`; Chinese may be broken anywhere, unlike rich's words."""
    folded: list[Text] = []
    for line in cell.split("\n", allow_blank=False):
        ends = accumulate(len(piece) for piece in chop_cells(line.plain, width))
        folded.extend(line.divide(list(ends)[:-1]))
    return folded
