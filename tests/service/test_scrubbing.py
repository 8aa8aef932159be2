"""What is taken out of a question before it is written down, and what stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.scrubbing import scrub

LONG = 0.5
GONE = [
    ("我的电话13812345678，天天打", "我的电话[电话]，天天打"),
    ("138 1234 5678是我妈", "[电话]是我妈"),
    ("138-1234-5678", "[电话]"),
    ("138.1234.5678", "[电话]"),
    ("+86-138-1234-5678", "[电话]"),
    ("8613812345678", "[电话]"),
    ("13812345678 13912345678", "[号码]"),
    ("１３８１２３４５６７８", "[电话]"),
    ("一三八一二三四五六七八", "[电话]"),
    ("幺三八一二三四 五六七八", "[电话]"),
    ("壹叁捌1234伍六七八", "[电话]"),
    ("座机010-12345678", "座机[电话]"),
    ("（0755）1234567", "[电话]"),
    ("０２１－１２３４５６７８打来", "[电话]打来"),
    ("电话87654321", "电话[电话]"),
    ("400-820-8888", "[电话]"),
    ("身份证11010519491231002X", "身份证[身份证]"),
    ("110105 19491231 002x", "[身份证]"),
    ("１１０１０５１９４９１２３１００２Ｘ", "[身份证]"),
    ("110105491231002", "[卡号]"),
    ("卡号6222 0213 8123 4567 890", "卡号[卡号]"),
    ("6222 0200 1381 2345 678", "[卡号]"),
    ("6222021381234567", "[卡号]"),
    ("wang.xm@example.com", "[邮箱]"),
    ("ｗａｎｇ＠qq.com", "[邮箱]"),
    ("微信号abc_12345", "微信号[账号]"),
    ("加我VX：zhang888888", "加我VX：[账号]"),
    ("wechat: li-si-1990", "wechat: [账号]"),
    ("QQ 12345678", "QQ [账号]"),
    ("扣扣是一二三四五六", "扣扣是[账号]"),
    ("护照E12345678", "护照[证件]"),
    ("京A12345的车", "[车牌]的车"),
    ("借款编号20240315123456789012", "借款编号[号码]"),
    ("我叫王小明，欠了花呗", "我叫[姓名]，欠了花呗"),
    ("我叫高明", "我叫[姓名]"),
    ("姓名：何一", "姓名：[姓名]"),
    ("我是李强，该怎么办", "我是[姓名]，该怎么办"),
    ("我姓高", "我姓[姓名]"),
    ("张先生一直打电话", "[姓名]先生一直打电话"),
    ("欧阳先生", "[姓名]先生"),
    ("何律师说要起诉", "[姓名]律师说要起诉"),
    ("李经理说要起诉", "[姓名]经理说要起诉"),
    ("王小红女士上门了", "[姓名]女士上门了"),
    ("法官李明打来的", "法官[姓名]打来的"),
    ("律师张伟说要起诉", "律师[姓名]说要起诉"),
    ("王哥让我还钱", "[姓名]哥让我还钱"),
    ("张某欠我钱", "[姓名]某欠我钱"),
    ("小张说要爆通讯录", "小[姓名]说要爆通讯录"),
    ("让老王还钱", "让老[姓名]还钱"),
    ("王小明，身份证11010519491231002X", "[姓名]，身份证[身份证]"),
    ("借给13812345678一万，13912345678没还", "借给[电话]一万，[电话]没还"),
]
STAYS = [
    "微粒贷借了50000元，逾期3个月",
    "2024年3月15日到2026-03-01",
    "2024-01-01 2025-01-01能不能",
    "2021 2022 2023 2024都逾期",
    "20260301起诉的",
    "二〇二六年三月一日",
    "三万五千六百元",
    "打12378投诉还是12363",
    "95588打来的，12345和110管不管",
    "催收电话是95384",
    "本金12,345.67元，利息1,234,567.89元",
    "欠1234567890元",
    "借了100000000元",
    "年利率24%和36%，0.05%一天",
    "一天打20个电话，电话打了100次",
    "逾期1000天，1500元，第1184条",
    "一二三四五六",
    "微信10000元还了，微信支付",
    "我是学生，没钱还",
    "我是何时逾期的",
    "本人于去年借款",
    "对方律师说，我方律师不在",
    "任何律师都行，马上律师函",
    "律师郑重声明",
    "客户经理打电话",
    "资金总额不对，余总额也不对",
    "我叫律师来",
    "许多人，小额贷款，老方法",
    "张口就骂",
    "黄金抵押",
    "第三方催收",
    "成都银行",
    "Can they call my mother 3 times?",
    "",
]


@pytest.mark.parametrize(("question", "scrubbed"), GONE)
def test_what_tells_of_a_person_goes(question: str, scrubbed: str) -> None:
    assert scrub(question) == scrubbed
    assert scrub(scrubbed) == scrubbed


@pytest.mark.parametrize("question", STAYS)
def test_what_a_question_is_about_stays(question: str) -> None:
    assert scrub(question) == question


_DIGITS = st.sampled_from(["0123456789", "０１２３４５６７８９", "零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖"])
_GAPS = st.sampled_from(["", " ", "-", "－", ".", "·", "  "])


@given(st.from_regex("1[3-9][0-9]{9}|[1-8][0-9]{16}[0-9X]|[1-9][0-9]{15,18}", fullmatch=True), _DIGITS, _GAPS)
def test_numbers_go_however_they_are_written(number: str, digits: str, gap: str) -> None:
    written = gap.join(digits[int(character)] if character.isdigit() else character for character in number)
    scrubbed = scrub(f"号码是{written}，怎么办")
    assert scrubbed.startswith("号码是[")
    assert scrubbed.endswith("]，怎么办")
    assert len(scrubbed) <= len("号码是[身份证]，怎么办")


@given(st.text(max_size=200))
def test_any_text_can_be_scrubbed(text: str) -> None:
    assert isinstance(scrub(text), str)


def test_a_long_question_takes_no_time() -> None:
    # No pattern may look at a text again and again: these would show it.
    for hostile in ("1 " * 500, "1-" * 500, "王" * 1000, "a." * 500, "a@" * 500, "微信" * 500, "2024 " * 200):
        started = time.perf_counter()
        scrub(hostile)
        assert time.perf_counter() - started < LONG
