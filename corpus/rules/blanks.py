"""Find words that a filter took out of a text, and put one back where the article itself proves it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from corpus.normalising import BLANK_MARK
from corpus.records import Edit
from corpus.rules.page import Page
from corpus.script import HAN

# A space where Chinese has none. Matches "打 催收", "通过 、短信"; must not match "3. 证件", "微信 App".
_GAP = re.compile(rf"(?<=[{HAN}])(?:[ ]{{1,3}}|\u3000)(?=[{HAN}，、。；：？！,;:?!”’」』）)])")
# Words that something must follow at once. Matches "通过" in "通过 联系"; must not match "和" after a name.
_OPEN_LEFT = re.compile(
    r"(?:通过|通過|微信或|[^\W\d]{2}(?:或|和|与|與|及)|打|拨打|撥打|接到|收到|除了|包括|在|进行|進行|被|把|向|从|從"
    r"|使用|采用|採用)$"
)
# The same before a comma, where many people type a space by itself.
_OPEN_LEFT_OF_MARK = re.compile(r"(?:[的或和與与及打在被把向]|通过|通過|拨打|撥打|接到|收到|除了|包括|使用|采用|採用)$")
# What no clause begins with. Matches "的" in "催收 的语言"; must not match "的" in "的士", "后" in "后天".
_BOUND_RIGHT = re.compile(
    r"^(?:的(?![士确確卢盧])|[时時后後](?=[，,。；;：:再才]|$)|之[前后後间間]|等[，。、,]|过程|過程)"
)
# What is often followed by a space. Matches "第二章" in "第二章 时效", "附件一", "表3"; must not match "表".
_CAPTION = re.compile(
    r"(?:第[\d一二三四五六七八九十百零〇]+[章节節条條编編款项項部]|附[件录錄][\d一二三四五六七八九十]*"
    r"|(?:[表图圖]|案例)[\d一二三四五六七八九十]+)$"
)
_CONTEXT_OF_SURE = 2
# More gaps than one in so many characters are a text cut into words, or a table.
_MIN_CHARACTERS_PER_GAP = 5
# Of more gaps than these in one line, half must be sure: names and forum posts are written with spaces.
_FEW_GAPS = 2
# Nothing between two marks that list things. Matches "采用、、等手段"; must not match "红、、黄", which
# is a slip of the keyboard.
_EMPTY_ITEM = re.compile(r"、、(?=[等或和及])")
# Nothing between a number and its colon. Matches "2. :在短信之后"; must not match "2. 短信:先发".
_EMPTY_LABEL = re.compile(r"^(?P<number>[ \t]*\d{1,2}[.．、])(?P<gap>[ ]?)(?P<colon>[:：])", re.MULTILINE)

_CONTEXT = 24
_MAX_FILLER = 4
_MAX_LATIN_FILLER = 6
# What no filter takes out, or what would turn the claim around: grammar, negations, numbers.
_NEVER_RESTORED = re.compile(
    r"[的了在和或与與是会會各种種其此这這那不没沒未无無非勿别別\d一二三四五六七八九十百千万两]"
)
_HAN_WORD = re.compile(rf"[{HAN}]{{2,{_MAX_FILLER}}}")
_LATIN_WORD = re.compile(rf"[A-Za-z]{{2,{_MAX_LATIN_FILLER}}}")
# How many characters around the gap the title must share with it, if the word stands nowhere else.
_LEAST_SHARED = 3
# With so many, the title proves a word that stands elsewhere, too.
_SURELY_SHARED = 6
_LEAST_CLAUSE = 8
# After these any means may stand: that a clause names one elsewhere proves nothing of another place.
_ANY_MEANS = re.compile(r"(?:通过|通過|[用以]|使用|采用|採用|利用|或|和|与|與|及)$")
_CLAUSE_BORDER = re.compile(r"[，。；：？！,;:?!\r\n“”‘’「」『』（）()\"]+")
_CLAUSE_END = re.compile(r"[，、。；：？！,;:?!\r\n“”‘’「」『』（）()\"]")
_LONGEST_CLAUSE = 2 * _CONTEXT + _MAX_LATIN_FILLER
_MAX_WORDS_TRIED = 64


@dataclass(frozen=True, slots=True)
class _Gap:
    """Mark where a word is missing; `left` and `right` are what stands around it in its clause.

    `after` is what follows in its line, punctuation included.
    """

    start: int
    end: int
    left: str
    right: str
    after: str

    @property
    def is_sure(self) -> bool:
        """Tell whether the words around it want another word between them."""
        if not self.right:
            return _OPEN_LEFT_OF_MARK.search(self.left) is not None
        return _OPEN_LEFT.search(self.left) is not None or _BOUND_RIGHT.search(self.right) is not None


def restored_blanks(page: Page) -> Iterator[Edit]:
    """Put a word back into a gap where the title, or the same clause elsewhere, proves it.

    Under the title "微粒贷会打电话催收吗", "微粒贷打 催收的原因" becomes "微粒贷打电话催收的原因". A
    filter takes a word out everywhere: one that stands elsewhere in the text was not taken, unless
    the title repeats the whole wording. A gap stays where two words would fit, where a negation or a
    number would come in, and "通过 联系" where only another clause has "通过短信联系".
    """
    gaps = [gap for gap in _gaps(page.text) if gap.is_sure]
    if gaps:
        proofs = _Proofs(page, gaps)
        for gap in gaps:
            word = proofs.word_for(gap)
            if word is not None:
                yield Edit(gap.start, gap.end, word, "blank-restored")


def marked_blanks(page: Page) -> Iterator[Edit]:
    """Mark where a word was taken out.

    "通过 联系" becomes "通过□联系", "采用、、等手段" "采用、□、等手段"; "微信 App", "第二章 时效" and
    "三个月 在外地" stay.
    """
    gaps = list(_gaps(page.text))
    sure = [gap for gap in gaps if gap.is_sure]
    # A gap that is doubtful by itself is one where the same words have lost their neighbour elsewhere.
    lefts = {gap.left[-_CONTEXT_OF_SURE:] for gap in sure if not _OPEN_LEFT.search(gap.left)}
    marked = [gap for gap in gaps if gap.is_sure or gap.left[-_CONTEXT_OF_SURE:] in lefts]
    edits = [Edit(gap.start, gap.end, BLANK_MARK, "blank-marked") for gap in marked]
    for match in _EMPTY_ITEM.finditer(page.text):
        edits.append(Edit(match.start(), match.end(), f"、{BLANK_MARK}、", "blank-marked"))
    for match in _EMPTY_LABEL.finditer(page.text):
        start, end = match.start("gap"), match.end("colon")
        edits.append(Edit(start, end, f"{match['gap']}{BLANK_MARK}{match['colon']}", "blank-marked"))
    yield from sorted(edits, key=lambda edit: edit.start)


def _gaps(text: str) -> Iterator[_Gap]:
    """Yield the gaps of all lines but those that are written with spaces."""
    for line in re.finditer(r"[^\r\n]+", text):
        gaps = [
            _Gap(
                match.start(),
                match.end(),
                _CLAUSE_BORDER.split(text[max(line.start(), match.start() - _CONTEXT) : match.start()])[-1],
                _CLAUSE_END.split(text[match.end() : min(line.end(), match.end() + _CONTEXT)])[0],
                text[match.end() : min(line.end(), match.end() + _CONTEXT)],
            )
            for match in _GAP.finditer(text, line.start(), line.end())
        ]
        gaps = [gap for gap in gaps if not _CAPTION.search(gap.left)]
        sure = sum(gap.is_sure for gap in gaps)
        crowded = len(gaps) > max(1, len(line[0]) // _MIN_CHARACTERS_PER_GAP)
        if not crowded and (len(gaps) <= _FEW_GAPS or 2 * sure >= len(gaps)):
            yield from gaps


class _Proofs:
    """Know the wordings of one article that can prove what stood in its gaps."""

    def __init__(self, page: Page, gaps: list[_Gap]) -> None:
        self._title = page.title or ""
        self._text = page.text.replace(self._title, "") if self._title else page.text
        self._counts: dict[str, int] = {}
        self._by_clause: dict[tuple[str, str], set[str]] = {
            (gap.left, gap.right): set()
            for gap in gaps
            if gap.right and len(gap.left) + len(gap.right) >= _LEAST_CLAUSE and not _ANY_MEANS.search(gap.left)
        }
        lefts = {left for left, _ in self._by_clause}
        for clause in _CLAUSE_BORDER.split(page.text) if lefts else ():
            if len(clause) <= _LONGEST_CLAUSE:
                self._take(clause, lefts)

    def word_for(self, gap: _Gap) -> str | None:
        """Return the one word that is proven to have stood in a gap; None where none or several are."""
        words = {word for word, shared in self._in_title(gap) if shared >= _SURELY_SHARED or not self._count(word)}
        clauses = self._by_clause.get((gap.left, gap.right), set())
        whole = gap.left + "{}" + gap.right
        words |= {word for word in clauses if self._count(word) == self._count(whole.format(word))}
        return words.pop() if len(words) == 1 else None

    def _take(self, clause: str, lefts: set[str]) -> None:
        """Remember each word that the clause has where a gap's clause has none."""
        for start in range(1, len(clause)):
            if clause[:start] not in lefts:
                continue
            for end in range(start + 2, min(start + _MAX_LATIN_FILLER, len(clause) - 1) + 1):
                words = self._by_clause.get((clause[:start], clause[end:]))
                if words is not None and _is_word(clause[start:end]):
                    words.add(clause[start:end])

    def _count(self, word: str) -> int:
        """Return how often a word stands in the text; once too many were asked for, "often"."""
        if word not in self._counts:
            tried = len(self._counts) < _MAX_WORDS_TRIED
            self._counts[word] = self._text.count(word) if tried else len(self._text)
        return self._counts[word]

    def _in_title(self, gap: _Gap) -> Iterator[tuple[str, int]]:
        """Yield each word that stands in the title between what surrounds the gap, and how much is shared."""
        title = self._title
        if not gap.left or not gap.after:
            return
        for start in range(1, len(title)):
            if title[start - 1] != gap.left[-1]:
                continue
            for end in range(start + 1, min(start + _MAX_LATIN_FILLER, len(title) - 1) + 1):
                if title[end] == gap.after[0] and _is_word(title[start:end]):
                    shared = _shared(gap.left[::-1], title[:start][::-1]) + _shared(gap.after, title[end:])
                    if shared >= _LEAST_SHARED:
                        yield title[start:end], shared


def _shared(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _is_word(text: str) -> bool:
    if _NEVER_RESTORED.search(text):
        return False
    return _HAN_WORD.fullmatch(text) is not None or _LATIN_WORD.fullmatch(text) is not None
