"""Take out of a question what tells who asks, or about whom: numbers, accounts, names.

All is looked for in a folded form of the text, in which every digit, full-width, Chinese or circled, is an ASCII
one, and characters are simplified; it has as many characters as the text, so positions are the same. Where it
is unclear, more is taken out rather than less. What has no form, such as a rare name or a company, stays.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from corpus.script import to_simplified

_CHINESE_DIGITS = str.maketrans("零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "00012345678911" + "23456789")
# Between the digits of a number that is written in groups.
_GAP = r"[\s\-‐-―_.·•]{0,2}"
# Between its groups, where they have the right sizes.
_BETWEEN = r"[\s\-‐-―_.·•,，、/()（）]{1,3}"
_UNIT = r"(?!\d|\s*(?:[元块万亿千百角%％]|rmb|RMB))"
# A run of 2021 2022 2023 2024 is no card.
_YEARS = re.compile(rf"(?:(?:19|20)\d\d{_GAP})+")
# 2026-03-01 2026-04-01 is neither.
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}(?!\d)")


# What a run of so many digits, or a name for none of these, is called.
_LONG = "号码"
_ID_DIGITS = 18
_CARD_DIGITS = range(15, 20)


def _digits(least: int, most: int | str) -> str:
    return rf"\d(?:{_GAP}\d){{{least - 1},{most if isinstance(most, str) else most - 1}}}"


def _called(match: re.Match[str], label: str) -> str:
    length = sum(character in "0123456789Xx" for character in match[0])
    if label != _LONG or length not in _CARD_DIGITS:
        return label
    return "身份证" if length == _ID_DIGITS else "卡号"


# Before the number of a house: 建国路 of 朝阳区建国路88号.
_STREET = r"(?:(?![市区县省镇乡到在住是的我你他她们从去来])[一-鿿]){1,6}"
_HOUSE = r"\d{1,5}(?:号楼|号院|号|弄|栋|幢|座|单元|楼|层|室|房)"

# In this order: a number that is part of a longer one is looked for after it. Of each, one example that
# matches, and one that must not.
_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # wang.xm@example.com; 利率@24
    ("邮箱", re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+\s?@\s?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")),
    # 6222 0213 8123 4567 890, 11010519491231002X; 2021 2022 2023 2024
    (_LONG, re.compile(rf"(?<!\d){_digits(15, '')}(?:{_GAP}[Xx](?![A-Za-z0-9]))?")),
    # 138 1234 5678, +86-138…; 12378
    (
        "电话",
        re.compile(rf"(?:(?:\+|(?<!\d)00){_GAP}86{_GAP}|(?<!\d)86{_GAP}|(?<!\d))1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)"),
    ),
    # 138，1234，5678; 15，18，24，36，360期
    ("电话", re.compile(rf"(?<!\d)1[3-9]\d{_BETWEEN}\d{{4}}{_BETWEEN}\d{{4}}(?!\d)")),
    # +852 9123 4567; +200000000元
    ("电话", re.compile(rf"\+\s?{_digits(9, 14)}{_UNIT}")),
    # 010-12345678, (0755) 1234567; 0.5
    ("电话", re.compile(rf"(?<![\d.])[(（]?0\d{{2,3}}[)）]?{_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)")),
    # 400-820-8888; 400元
    ("电话", re.compile(rf"(?<!\d)[48]00{_GAP}\d{{3,4}}{_GAP}\d{{3,4}}(?!\d)")),
    # 座机 8765 4321; 电话打了100次
    ("电话", re.compile(rf"(?<=电话|座机|手机|号码)[是为：: ]{{0,2}}(?P<id>{_digits(7, 8)}{_UNIT})")),
    # 台胞证12345678; 证件3个
    ("证件", re.compile(rf"(?<=证|照)(?:号码|号)?[是为：: ]{{0,2}}(?P<id>{_digits(7, 12)}{_UNIT})")),
    # E12345678, 京A12345; A股
    ("证件", re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}\d{7,9}(?![A-Za-z0-9])")),
    (
        "车牌",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·• ]?[A-Z0-9]{5,6}(?![A-Z0-9])"
        ),
    ),
    # 微信 abc_12345, QQ：12345678, 加v：zhang_888; 微信支付, 微信10000元
    (
        "账号",
        re.compile(
            r"(?i:微信|薇信|威信|v信|weixin|wechat|(?<![a-z])[vw]x|q ?q|扣扣|抖音|支付宝|"
            r"加(?:我|下|个|一下)?[vwq微薇]|(?<![a-z])[vwq](?=[：:]))"
            r"(?:号码|号|群|账号|账户|id)?[是为：:= ]{0,3}"
            r"(?P<id>[A-Za-z][\w-]{5,19}(?![A-Za-z0-9_-])|\d{5,12}" + _UNIT + ")",
            re.ASCII,
        ),
    ),
    # 建国路88号3单元502室, 3号楼2单元; 第3号, 走路5分钟
    (
        "住址",
        re.compile(
            rf"{_STREET}(?:路|街|道|巷|弄|胡同)\d{{1,5}}(?:号|弄)(?:{_HOUSE})*"
            rf"|(?:{_STREET}[区苑园里村])?(?<!\d)(?:{_HOUSE}){{2,}}"
        ),
    ),
    # what is left of nine digits and more; 1234567890元, 20260301
    (_LONG, re.compile(rf"(?<![\d.])\d(?:-?\d){{8,}}{_UNIT}")),
)

# Surnames that begin few other words; those of the second line begin many, and count only where a name is sure.
_RARELY_WORDS = (
    "王李张刘陈杨赵黄周吴徐孙胡朱郭林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁叶蒋杜苏魏吕丁沈姚卢姜崔钟谭陆汪范廖贾韦傅"
    "邹熊孟秦薛侯雷段郝孔邵史毛尹黎贺顾龚赖覃武戴莫欧邱阎翟聂庞樊殷俞葛倪鲁牛柳邢詹申左翁季梅骆"
)
_OFTEN_WORDS = "高何马于余程任方金石江夏白万安钱严常汤康温易乔文施尚洪盛成章全关向路时包单应管甘连车房"
_DOUBLE = "欧阳|司马|上官|诸葛|司徒|皇甫|夏侯|东方|尉迟|公孙|慕容|令狐|端木"
_SURE = f"(?:{_DOUBLE}|[{_RARELY_WORDS}])"
_ANY = f"(?:{_DOUBLE}|[{_RARELY_WORDS}{_OFTEN_WORDS}])"
_HAN = "[一-鿿]"
# What begins like a name in front of a title, or after a cue, and is none.
_NO_NAME = (
    "(?!任何|安排|于是|马上|方法|方便|方面|高利|高级|高额|金融|金额|何时|何种|何处|何人|时候|成为|全部|常见|白条|单位|应该|管理|"
    "连续|关于|向来|时间|万一|安全|成都|江苏|江西|黄金|孙子|许多|张口|周围|曾经|莫名|牛人|申请|左右|郑重|陈述|许可)"
)
# Where a title follows, most often a word.
_NO_WORD = f"(?!向|(?<={_HAN})[时应成连车])"
_FORMS = (
    "先生|女士|小姐|太太|经理|主任|主管|专员|老师|律师|法官|警官|书记|院长|队长|师傅|老板|阿姨|叔叔|大哥|大姐|"
    "总(?![额计数是共体的之局])"
)
_CUES = "我叫|名叫|名字[是叫为]|名字[：:]|姓名[是叫为]?|户名[是为]?"
_ROLES = (
    "我是|本人|客服|律师|法官|催收员|专员|经理|债务人|欠款人|借款人|担保人|联系人|收款人|法人|同事|朋友|"
    "老公|老婆|丈夫|妻子|我妈|我爸|妈妈|爸爸|母亲|父亲|儿子|女儿"
)
_END = r"(?=$|[^一-鿿]|[的因在欠说打是和与跟于给向把被让叫来要有接]|身份|电话|手机|微信|女士|先生)"
# In this order, again with an example that matches, and one that must not.
_NAMED: tuple[re.Pattern[str], ...] = (
    # 我叫王小明, 姓名：高明; 我叫律师
    re.compile(rf"(?:{_CUES})[：: ]{{0,2}}(?P<id>{_NO_NAME}{_ANY}{_HAN}{{1,2}})"),
    # 我叫Zhang San; 我叫3个人
    re.compile(rf"(?:{_CUES})[：: ]{{0,2}}(?P<id>[A-Za-z]{{2,20}}(?: [A-Za-z]{{1,20}}){{0,2}})"),
    # 爱新觉罗·启明; 1·2
    re.compile(rf"(?P<id>{_HAN}{{2,4}}[·•]{_HAN}{{2,4}})"),
    # 律师张伟说, 我是李强，; 我是学生
    re.compile(rf"(?:{_ROLES})[：: ]{{0,2}}(?P<id>{_NO_NAME}{_SURE}{_HAN}{{1,2}}?){_END}"),
    # 催收员李强威胁我; 律师郑重声明
    re.compile(rf"(?:催收员|客服|专员|律师|法官|经理)(?P<id>{_NO_NAME}{_SURE}{_HAN}{{2}})"),
    # 王小明，身份证…; 我的身份证
    re.compile(rf"(?<!{_HAN})(?P<id>{_NO_NAME}{_SURE}{_HAN}{{1,2}})(?=[，,：: ]{{0,2}}(?:身份证|手机|电话|微信|\[))"),
    # 张先生, 李小红经理, 王哥; 对方律师, 任何律师, 资金总额, 向律师咨询, 打官司时法官
    re.compile(rf"(?P<id>{_NO_NAME}{_SURE}{_HAN}{{0,2}}?)(?=(?:{_FORMS}))"),
    re.compile(rf"(?<![任对我双各乙甲丙资现本理平语主])(?P<id>{_NO_WORD}{_NO_NAME}{_ANY})(?=(?:{_FORMS}))"),
    re.compile(rf"(?P<id>{_SURE})(?=[哥姐叔姨婶某](?!夫|姐))"),
    # 我姓王; 姓名
    re.compile(rf"姓(?P<id>{_ANY})"),
    # 小张, 老王; 小额, 老许多, 老赖
    re.compile(
        rf"(?<={_HAN})(?:小|老(?!赖))(?P<id>{_SURE})(?=$|[^一-鿿]|[说打让叫给要催还欠借])|^(?:小|老(?!赖))(?P<first>{_SURE})(?=[说打让叫给要催还欠借])"
    ),
)
_NAMES = tuple(("姓名", pattern) for pattern in _NAMED)


def scrub(question: str) -> str:
    """Return the question with [电话], [身份证], [卡号], [邮箱], [账号], [姓名] and the like in place of such."""
    # First without Chinese digits: in 13812345678一万 they belong to the amount.
    text = _replace_all(_replace_all(question, _fold, _NUMBERS), _fold_chinese, _NUMBERS)
    return _replace_all(text, _simplify, _NAMES)


def _replace_all(text: str, fold: Callable[[str], str], forms: Iterable[tuple[str, re.Pattern[str]]]) -> str:
    """Replace what has one of the forms in the folded text, one form after the other."""
    folded = fold(text)
    for label, pattern in forms:
        replaced = _replaced(text, folded, pattern, label)
        if replaced != text:
            text, folded = replaced, fold(replaced)
    return text


def _simplify(text: str) -> str:
    """Return the text with simplified characters: 張小明 becomes 张小明."""
    return "".join(map(_simplified, text))


def _fold(text: str) -> str:
    """Return the text with ASCII digits and letters: １３８ becomes 138; dates lose their digits."""
    return _DATE.sub(lambda date: "#" * len(date[0]), "".join(map(_folded, text)))


def _fold_chinese(text: str) -> str:
    """Return the same with 一三八 as 138, too."""
    return _fold(text.translate(_CHINESE_DIGITS))


def _folded(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    compatible = unicodedata.normalize("NFKC", character)
    return _simplified(compatible if len(compatible) == 1 else character)


@lru_cache(20_000)
def _simplified(character: str) -> str:
    return to_simplified(character) if "一" <= character <= "鿿" else character


def _replaced(text: str, folded: str, pattern: re.Pattern[str], label: str) -> str:
    pieces, end = [], 0
    for match in pattern.finditer(folded):
        if _YEARS.fullmatch(match[0]):
            continue
        start, stop = _span(match)
        pieces += [text[end:start], f"[{_called(match, label)}]"]
        end = stop
    return "".join([*pieces, text[end:]])


def _span(match: re.Match[str]) -> tuple[int, int]:
    """Return where what is replaced stands: a group of the pattern, else all that it matched."""
    named = [group for group, value in match.groupdict().items() if value is not None]
    return match.span(named[0]) if named else match.span()
