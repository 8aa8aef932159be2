"""Read the lexicon: words of the field, ways of saying the same, English terms, words that say nothing, and dangers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from corpus.danger_rules import DangerRule, read_danger_rules
from corpus.errors import CorpusError
from corpus.normalising import comparable

WORDS, VARIANTS, ENGLISH, STOPWORDS, DANGERS = (
    "words.txt",
    "variants.txt",
    "english.txt",
    "stopwords.txt",
    "dangers.txt",
)
FILES = (WORDS, VARIANTS, ENGLISH, STOPWORDS, DANGERS)
_LONGEST_WORD = 16
_ENGLISH_PHRASE = re.compile(r"[a-z][a-z' ]*")
_ENGLISH_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
# Nothing is taken from shorter words: bus, used.
_SHORTEST_ROOT = 3
_VOWEL = re.compile(r"[aeiouy]")


class Translation(NamedTuple):
    """Say which Chinese terms an English phrase stands for; the phrase is a tuple of stems."""

    stems: tuple[str, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Hold what the word lists say, words in comparable form (see `corpus.normalising.comparable`)."""

    words: tuple[str, ...]
    variants: tuple[tuple[str, ...], ...]
    english: tuple[Translation, ...]
    stopwords: frozenset[str]
    dangers: tuple[DangerRule, ...]
    # SHA-256 of the files; changes whenever a term may.
    fingerprint: str


class _Line(NamedTuple):
    where: str
    text: str


def shipped_wordlists() -> Path:
    """Return the folder of the word lists that come with the project."""
    return Path(__file__).parent / "wordlists"


def load_lexicon(folder: Path | None = None) -> Lexicon:
    """Read the word lists of a folder, by default the shipped ones.

    Raises:
        CorpusError: a file is missing or not UTF-8, or a line is malformed.
    """
    folder = folder or shipped_wordlists()
    contents = {name: _content(folder / name) for name in FILES}
    digest = sha256("".join(f"{name}\0{contents[name]}\0" for name in FILES).encode()).hexdigest()
    lines = {name: list(_lines(folder / name, contents[name])) for name in FILES}
    return Lexicon(
        words=tuple(dict.fromkeys(word for line in lines[WORDS] for word in _words(line))),
        variants=_variants(lines[VARIANTS]),
        english=_translations(lines[ENGLISH]),
        stopwords=frozenset(word for line in lines[STOPWORDS] for word in _words(line)),
        dangers=read_danger_rules(lines[DANGERS]),
        fingerprint=digest,
    )


def english_stems(text: str) -> list[str]:
    """Split a text in lower case into the stems of its English words; anything else is passed over."""
    return [stem(word) for word in _ENGLISH_WORD.findall(text)]


def stem(word: str) -> str:
    """Return an English word in lower case without the ending of its plural, past tense or -ing form.

    calls, called and calling are call; families is famili, as family is. Good for nothing but
    comparing: irregular forms (paid, sent, froze) are words of their own, and a few words meet that
    should not (rating and rat).
    """
    word = word.removesuffix("'s").replace("'", "")
    for ending in ("ing", "ed", "es", "s"):
        root = word.removesuffix(ending)
        if (
            root != word
            and len(root) >= _SHORTEST_ROOT
            and _VOWEL.search(root)
            and not word.endswith(("ss", "us", "eed"))
        ):
            word = root
            break
    if len(word) > _SHORTEST_ROOT and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > _SHORTEST_ROOT else _without_e(word)


def _without_e(word: str) -> str:
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST_ROOT else word


def _content(path: Path) -> str:
    try:
        # As Notepad saves it, with a mark in front, or as everybody else does.
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}); a lexicon is a folder of {', '.join(FILES)}"
        ) from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error


def _lines(path: Path, content: str) -> Iterator[_Line]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip() and not line.strip().startswith("#"):
            yield _Line(f"{path}:{number}", line.strip())


def _words(line: _Line) -> list[str]:
    words = [comparable(word) for word in line.text.split()]
    for word in words:
        if not word.strip() or "=" in word or len(word) > _LONGEST_WORD:
            raise CorpusError(f"{line.where}: {word!r} is no word; wanted words of up to {_LONGEST_WORD} characters")
    return words


def _variants(lines: list[_Line]) -> tuple[tuple[str, ...], ...]:
    groups: list[tuple[str, ...]] = []
    seen: dict[str, str] = {}
    for line in lines:
        group = tuple(dict.fromkeys(comparable(form).strip() for form in line.text.split("=")))
        if len(group) == 1 or not all(group):
            raise CorpusError(f"{line.where}: {line.text!r} is no group; wanted two ways of saying or more, as a = b")
        for form in group:
            if form in seen:
                raise CorpusError(f"{line.where}: {form!r} stands at {seen[form]} already; join the two groups")
            seen[form] = line.where
        groups.append(group)
    return tuple(groups)


def _translations(lines: list[_Line]) -> tuple[Translation, ...]:
    found: dict[tuple[str, ...], Translation] = {}
    for line in lines:
        phrase, _, chinese = (part.strip() for part in line.text.partition("="))
        terms = tuple(comparable(term).strip() for term in chinese.split(","))
        if not _ENGLISH_PHRASE.fullmatch(phrase.lower()) or not all(terms):
            raise CorpusError(f"{line.where}: {line.text!r} is no translation; wanted english phrase = 中文, 中文")
        stems = tuple(english_stems(phrase.lower()))
        earlier = found[stems].terms if stems in found else ()
        found[stems] = Translation(stems, tuple(dict.fromkeys([*earlier, *terms])))
    return tuple(found.values())
