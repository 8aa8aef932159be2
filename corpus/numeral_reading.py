"""Read one numeral, written in Chinese or mixed: 三千二, 两百零五, 1.5万, 二〇二六."""

import re
from decimal import Decimal
from typing import NamedTuple

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
NUMERALS = "".join([*DIGITS, *_TENS, *_MYRIADS])
# Nobody writes a longer number; what is longer is left alone.
_LONGEST = 24
# How many digits that are said one by one make a number.
_SPELLED, _SPELLED_WITH_ZERO = 4, 3
_TEN = 10
_PIECE = re.compile(rf"[0-9]+(?:\.[0-9]+)?|[{NUMERALS}]")


class Number(NamedTuple):
    """Hold the value of a numeral."""

    value: Decimal
    # The digit of a shorthand such as 三千二, which may belong to what follows: 三千一个月.
    loose: str


def parsed(written: str) -> Number | None:
    """Read a numeral; None where it is not one, such as 三五, 万 or 百十."""
    if len(written) > _LONGEST:
        return None
    pieces = _PIECE.findall(written)
    if "".join(pieces) != written:
        return None
    if all(piece in DIGITS for piece in pieces) and len(pieces) > 1:
        return _spelled(pieces)
    return _Reader().read(pieces)


def _spelled(pieces: list[str]) -> Number | None:
    """Read digits that are said one by one: 二〇二六, 一一零. Not 三五, 三三两两 or 一二三."""
    shortest = _SPELLED_WITH_ZERO if {"零", "〇"} & set(pieces) else _SPELLED
    if "两" in pieces or len(pieces) < shortest:
        return None
    if DIGITS[pieces[0]] == 0:
        return None
    return Number(Decimal("".join(str(DIGITS[piece]) for piece in pieces)), "")


def shorthand(written: str) -> Decimal:
    """Return what the last digit of a shorthand adds: 200 for 三千二."""
    unit = (_TENS | _MYRIADS)[written[-2]]
    return DIGITS[written[-1]] * Decimal(unit) / 10


class _Reader:
    """Read the pieces of one numeral from left to right."""

    def __init__(self) -> None:
        self._total, self._section = Decimal(0), Decimal(0)
        self._digit: Decimal | None = None
        self._tens, self._myriads = 10_000, 10**12  # the multipliers must fall
        self._arabic = False

    def read(self, pieces: list[str]) -> Number | None:
        """Return the number, or None where the pieces make none."""
        if not all(self._take(piece) for piece in pieces):
            return None
        last, loose = pieces[-1], ""
        digit = self._digit or Decimal(0)
        if len(pieces) > 1 and last in DIGITS and pieces[-2] in (*"百千", *_MYRIADS):
            loose = last
            digit *= Decimal((_TENS | _MYRIADS)[pieces[-2]]) / 10
        elif len(pieces) > 1 and last not in DIGITS and self._digit is not None:
            return self._arabic_end(pieces)
        return Number(self._total + self._section + digit, loose)

    def _arabic_end(self, pieces: list[str]) -> Number | None:
        """Read 2万5 as 25000; 2万50 is none."""
        if len(pieces[-1]) != 1 or pieces[-2] not in (*"百千", *_MYRIADS):
            return None
        unit = (_TENS | _MYRIADS)[pieces[-2]]
        return Number(self._total + self._section + Decimal(pieces[-1]) * unit / 10, "")

    def _take(self, piece: str) -> bool:
        if piece in _TENS:
            return self._multiply(_TENS[piece])
        if piece in _MYRIADS:
            return self._close(_MYRIADS[piece])
        if piece in "零〇":
            return self._digit is None
        if self._digit is not None:
            return False
        self._arabic = piece not in DIGITS
        self._digit = Decimal(piece) if self._arabic else Decimal(DIGITS[piece])
        return True

    def _multiply(self, unit: int) -> bool:
        bare = self._digit is None
        if unit >= self._tens or (bare and unit != _TEN) or (self._arabic and unit == _TEN):
            return False
        self._section += (Decimal(1) if self._digit is None else self._digit) * unit
        self._digit, self._tens = None, unit
        return True

    def _close(self, unit: int) -> bool:
        section = self._section + (self._digit or 0)
        if unit >= self._myriads or section == 0:
            return False
        self._total += section * unit
        self._section, self._digit, self._tens, self._myriads = Decimal(0), None, 10_000, unit
        return True
