"""Compose edits, and map positions of a clean text back to its original."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from corpus.records import Edit


class _Touched(NamedTuple):
    """A range of the text between two rounds of edits: what an earlier or a later edit touches."""

    start: int
    end: int
    earlier: Edit | None
    later: Edit | None


def apply_edits(text: str, edits: Sequence[Edit], offset: int = 0) -> str:
    """Return the text with the edits applied.

    Args:
        text: what to edit.
        edits: in order, not overlapping, all within the text.
        offset: the position that the edits give to the text's first character.
    """
    parts: list[str] = []
    position = offset
    for edit in edits:
        parts += (text[position - offset : edit.start - offset], edit.replacement)
        position = edit.end
    parts.append(text[position - offset :])
    return "".join(parts)


def compose(earlier: Sequence[Edit], text: str, later: Sequence[Edit], offset: int = 0) -> tuple[Edit, ...]:
    """Return the edits that do at once what two rounds do one after the other.

    Where edits of both rounds touch each other they become one. It bears the later rule's name if
    that edit covers the earlier one, else both names. Only whole lines that the earlier round took
    out stay edits of their own within what the later one takes out.

    Args:
        earlier: the first round; its positions count in the original.
        text: the text that the first round made of the original.
        later: the second round; its positions count in `text`.
        offset: the position in the original of the text's beginning.
    """
    composed: list[Edit] = []
    shift = -offset  # position in `text` minus position in the original
    for cluster in _clusters(_merged(earlier, text, later, offset)):
        start, end = cluster[0].start, max(touched.end for touched in cluster)
        firsts = [touched.earlier for touched in cluster if touched.earlier is not None]
        seconds = [touched.later for touched in cluster if touched.later is not None]
        source_start = firsts[0].start if cluster[0].earlier is not None else start - shift
        shift += sum(len(edit.replacement) - (edit.end - edit.start) for edit in firsts)
        last = max(cluster, key=lambda touched: touched.end)
        source_end = firsts[-1].end if last.earlier is not None and last.end == end else end - shift
        replacement = apply_edits(text[start:end], seconds, start)
        composed.append(Edit(source_start, source_end, replacement, _name(cluster, firsts, seconds)))
    return tuple(composed)


def _merged(earlier: Sequence[Edit], text: str, later: Sequence[Edit], offset: int) -> list[_Touched]:
    touched: list[_Touched] = []
    shift = -offset
    for edit in earlier:
        start = edit.start + shift
        touched.append(_Touched(start, start + len(edit.replacement), edit, None))
        shift += len(edit.replacement) - (edit.end - edit.start)
    gone = [item.start for item in touched if item.start == item.end and _begins_line(text, item.start)]
    for edit in later:
        inside = gone[bisect_right(gone, edit.start) : bisect_left(gone, edit.end)] if not edit.replacement else []
        for start, end in pairwise((edit.start, *dict.fromkeys(inside), edit.end)):
            touched.append(_Touched(start, end, None, Edit(start, end, edit.replacement, edit.rule)))
    # What was deleted at a place comes before what stands there.
    return sorted(touched, key=lambda item: (item.start, item.end))


def _begins_line(text: str, position: int) -> bool:
    return position == 0 or text[position - 1] in "\r\n"


def _clusters(touched: list[_Touched]) -> Iterator[list[_Touched]]:
    """Yield what overlaps together; what only touches at a border stays apart."""
    cluster: list[_Touched] = []
    end = 0
    for item in touched:
        if cluster and not item.start < end:
            yield cluster
            cluster, end = [], 0
        cluster.append(item)
        end = max(end, item.end)
    if cluster:
        yield cluster


def _name(cluster: list[_Touched], firsts: list[Edit], seconds: list[Edit]) -> str:
    if not seconds:
        return firsts[0].rule
    outer = [touched for touched in cluster if touched.later is not None]
    covered = all(
        any(later.start <= item.start and item.end <= later.end for later in outer)
        for item in cluster
        if item.earlier is not None
    )
    names = [edit.rule for edit in (seconds if covered else [*firsts, *seconds])]
    return "+".join(dict.fromkeys(names))


class OffsetMap:
    """Lead from positions in a clean text back to its original."""

    def __init__(self, edits: Sequence[Edit], body_start: int = 0) -> None:
        self._edits = edits
        self._body_start = body_start
        self._sources = [edit.start for edit in edits]
        self._starts: list[int] = []
        self._ends: list[int] = []
        shift = -body_start
        for edit in edits:
            self._starts.append(edit.start + shift)
            self._ends.append(edit.start + shift + len(edit.replacement))
            shift += len(edit.replacement) - (edit.end - edit.start)

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the original that the clean `text[start:end]` was made from.

        What was deleted just before or just after is not part of it.

        Raises:
            ValueError: the range is empty, or a border lies inside an edit's replacement.
        """
        if start >= end or self.uncut(start) != start or self.uncut(end) != end:
            raise ValueError(f"{start} to {end} is no range between edits")
        number = self._at(start)
        first = self._edits[number].start if number >= 0 and start < self._ends[number] else self._shifted(start)
        number = self._at(end - 1)
        last = self._edits[number].end if number >= 0 and end - 1 < self._ends[number] else self._shifted(end - 1) + 1
        return first, last

    def uncut(self, position: int) -> int:
        """Return the position, or the beginning of the replacement that it lies inside."""
        number = bisect_left(self._starts, position) - 1
        return self._starts[number] if number >= 0 and position < self._ends[number] else position

    def widened(self, start: int, end: int) -> tuple[int, int]:
        """Return the range, with the whole of each replacement that a border of it lies inside."""
        start = self.uncut(start)
        if self.uncut(end) != end:
            end = self._ends[bisect_left(self._starts, end) - 1]
        return start, end

    def edits(self, start: int, end: int) -> tuple[Edit, ...]:
        """Return the edits within `original[start:end]`."""
        return tuple(self._edits[bisect_left(self._sources, start) : bisect_left(self._sources, end)])

    def _at(self, position: int) -> int:
        """Return the last edit that begins at or before a position, -1 where there is none."""
        return bisect_right(self._starts, position) - 1

    def _shifted(self, position: int) -> int:
        """Return where a character that no edit made stands in the original."""
        number = self._at(position)
        if number < 0:
            return position + self._body_start
        return self._edits[number].end + position - self._ends[number]
