"""Write the numbers of a text in one way: Chinese numerals as digits where they count something."""

import re
from decimal import Decimal

from corpus.numeral_reading import DIGITS, NUMERALS, parsed, shorthand

# What one pass writes may make a number with its neighbours: 百分之¥零点. Real texts take one, and one to see it.
_MOST_PASSES = 6

# As IOUs have it, before a unit of money: 壹万伍仟元. Not a surname: 陆先生.
_FORMAL = re.compile("[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]{2,24}(?=[元圆])")
_FORMAL_TO_PLAIN = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
# 2,000 and 1,000,000. Not 12,3 and not 2026,100.
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
# 1000.00. Not 2026.00.1.
_EMPTY_CENTS = re.compile(r"(?<![0-9.])([0-9]{1,24})\.0+(?![0-9.])")
# 5w and 1.5k. Not 5wd.
_LETTERS = re.compile(r"(?<![a-z0-9.])([0-9]{1,24}(?:\.[0-9]{1,24})?)([wk])(?![a-z0-9])")
_LETTER_TO_NUMERAL = {"w": "万", "k": "千"}
# ¥1000 and ¥1000元. Not ¥ alone.
_MONEY_SIGN = re.compile(rf"(?<!¥)(?<!¥ )(?:¥ ?)+([0-9]{{1,24}}(?:\.[0-9]{{1,24}})?)(?![0-9.{NUMERALS}])元?")
# 22:00. Not 22:00:30 and not 1:005.
_FULL_HOUR = re.compile(r"(?<![0-9:：.])0?([0-9]|1[0-9]|2[0-4])[:：]00(?![0-9:：])")

# 一点五万 and 两点五倍, which are 1.5万 and 2.5倍. Not 三点五分, nor 两点一个.
_SPOKEN_DECIMAL = re.compile("([零一二两三四五六七八九十]{1,3})点([零一二三四五六七八九]{1,4})(?=[万亿倍%折成厘元])")

# Words that begin with what looks like a count.
_KEPT = (
    "一天到晚|一天天|一年到头|一日三餐|一五一十|一个劲|五险一金|三番五次|三天两头|三心二意|三三两两|三令五申|三长两短"
    "|七上八下|乱七八糟|四面八方|千方百计|千万别|九牛一毛|十万火急|十字路口|十有八九|八九不离十|二人转|两口子|两码事"
    "|五一节|十全十美|百分百|万一|千千万万|三六九等|三年五载|三五成群|半斤八两|不管三七二十一"
    "|第[一二三](?:人(?!称)|方|者)|[几数][十百千万亿][0-9零一二两三四五六七八九十百千万亿]*"
)
# Before one of these even a single 一 is a number: 一年 is 1年.
_MEASURED = (
    "年|个月|月|周(?!转|围|边|密)|天|日|小时|分钟|秒|星期|礼拜|个星期|个礼拜|个小时|季度|岁|号|期|元|块钱|角钱|毛钱|分钱|厘"
    "|美元|港币|人民币"
)
# Before one of these 1 is written as the word that it is, 一次, and other numbers in digits: 两次 is 2次.
_COUNTED = (
    "个|次|人|名(?!义)|位|笔|家|条|张|份|封|件|项|种|类|套|倍|成|折|层|楼|步|通|遍|句|页|章|节|款|起|台|户|级|组|轮|本|部门|点|刻"
    "|块|批|段|栏|行|格|样|处|回|趟|间|辆|只|栋|幢"
)
_SPAN = re.compile(
    rf"(?=[0-9{NUMERALS}第几数乱半不])(?:(?P<kept>{_KEPT})"
    rf"|(?P<share>[百千万])分之(?P<parts>[0-9{NUMERALS}]{{1,24}}(?:[.点][0-9{NUMERALS}]{{1,24}})?)"
    rf"|(?P<ordinal>第?)(?P<number>[0-9{NUMERALS}]+(?:\.[0-9{NUMERALS}]+)*))"
    rf"(?=[多几来余]?(?P<measured>{_MEASURED})|)(?=[多几来余]?(?P<counted>{_COUNTED})|)"
)
_SHARES = {"百": Decimal(1), "千": Decimal(10), "万": Decimal(100)}
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def with_digits(text: str) -> str:
    """Return a folded text (see `comparable`) with its numbers in digits.

    三年 becomes 3年, 一万五 15000, 百分之二十四 24%, 2,000 and 2千 2000, 22:00 22点, ¥5 5元. A
    single one before a counter becomes 一: 1个 is 一个. What is no count stays: 一定, 万一, 第三人.
    """
    for _ in range(_MOST_PASSES):
        before, text = text, _once(text)
        if text == before:
            break
    return text


def _once(text: str) -> str:
    plain = _FORMAL.sub(lambda found: found[0].translate(_FORMAL_TO_PLAIN), text)
    plain = _SPOKEN_DECIMAL.sub(_decimal, plain)
    plain = _THOUSANDS.sub(lambda found: found[0].replace(",", ""), plain)
    plain = _EMPTY_CENTS.sub(r"\1", plain)
    plain = _LETTERS.sub(lambda found: found[1] + _LETTER_TO_NUMERAL[found[2]], plain)
    plain = _FULL_HOUR.sub(r"\1点", plain)
    return _MONEY_SIGN.sub(_amount, _SPAN.sub(_rewritten, plain))


def _decimal(found: re.Match[str]) -> str:
    whole = parsed(found[1])
    return found[0] if whole is None else f"{_shown(whole.value)}.{''.join(str(DIGITS[one]) for one in found[2])}"


def _amount(found: re.Match[str]) -> str:
    before = found.string[max(found.start() - 1, 0) : found.start()]
    return f"{' ' if before.isalnum() and (before.isascii() or before in NUMERALS) else ''}{found[1]}元"


def _rewritten(found: re.Match[str]) -> str:
    if found["kept"]:
        return found[0]
    if found["share"]:
        return _apart(found, _percentage(found["share"], found["parts"]) or found[0])
    written = found["number"]
    if _PLAIN.fullmatch(written):
        one = written == "1" and found["counted"] and not found["measured"] and not found["ordinal"]
        return "一" if one else found[0]
    number = parsed(written)
    if number is None:
        return found[0]
    if number.loose and (found["measured"] or found["counted"]) and not _counts_money(found):
        return _apart(found, f"{_shown(number.value - shorthand(written))} {_digit(number.loose, found)}")
    return _apart(found, found["ordinal"] + _shown(number.value)) if _counts(found, written) else found[0]


def _counts(found: re.Match[str], written: str) -> bool:
    """Tell whether a well-formed numeral counts something here."""
    if len(written) > 1 or found["measured"]:
        return True
    return bool(found["counted"]) and (written not in "一" or bool(found["ordinal"]))


def _counts_money(found: re.Match[str]) -> bool:
    unit = found["measured"] or found["counted"]
    return unit in ("元", "块", "块钱", "美元", "港币", "人民币")


def _digit(loose: str, found: re.Match[str]) -> str:
    return loose if loose == "一" and not found["measured"] else str(DIGITS[loose])


def _apart(found: re.Match[str], written: str) -> str:
    """Keep a number from growing together with letters or digits beside it: LPR四倍 is lpr 4倍."""
    text, start, end = found.string, found.start(), found.end()
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    left = " " if before.isascii() and before.isalnum() and written[:1].isdigit() else ""
    right = " " if after.isascii() and after.isalnum() and written[-1:].isdigit() else ""
    return f"{left}{written}{right}"


def _percentage(share: str, parts: str) -> str | None:
    whole, _, decimals = parts.replace("点", ".").partition(".")
    number = parsed(whole)
    fraction = _plain_digits(decimals)
    if number is None or fraction is None:
        return None
    value = number.value + (Decimal(f"0.{fraction}") if fraction else 0)
    return f"{_shown(value / _SHARES[share])}%"


def _plain_digits(written: str) -> str | None:
    digits = [str(DIGITS[c]) if c in DIGITS else c for c in written]
    return "".join(digits) if all(d in "0123456789" for d in digits) else None


def _shown(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
