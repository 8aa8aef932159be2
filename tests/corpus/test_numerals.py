"""Numbers that are written in one way, and words that only look like numbers."""

import pytest

from corpus.normalising import comparable

SAME = [
    ("三年", "3年"),
    ("两千", "2000"),
    ("2,000", "2000"),
    ("2千", "2000"),
    ("十五日", "15日"),
    ("百分之二十四", "24%"),
    ("百分之零点五", "0.5%"),
    ("万分之五", "0.05%"),
    ("一万五", "15000"),
    ("2万5", "25000"),
    ("三万二千八", "32800"),
    ("一万零五十", "10050"),
    ("两百块", "200块"),
    ("三个月", "3个月"),
    ("二十二点", "22点"),
    ("22:00", "22点"),
    ("08:00", "8点"),
    ("第七十条", "第70条"),
    ("第一次", "第1次"),
    ("5万", "50000"),
    ("5W", "50000"),
    ("1.5k", "1500"),
    ("￥1,000.00元", "1000元"),
    ("¥三千", "3000元"),
    ("壹万伍仟元", "15000元"),
    ("二〇二六年", "2026年"),
    ("一一零", "110"),
    ("一年", "1年"),
    ("一个月", "1个月"),
    ("1个", "一个"),
    ("1次", "一次"),
    ("两个", "2个"),
    ("三十多天", "30多天"),
    ("三千一个月", "3000 1个月"),
    ("一亿", "100000000"),
    ("一点五万", "15000"),
    ("三点五倍", "3.5倍"),
    ("一点五厘", "1.5厘"),
    ("八点五十", "8点50"),
    ("两点一个", "2点一个"),
]
KEPT = (
    "一定 一般 万一 三方 第三人 第三方 十分 千万别 一起 一样 一下 说一点 两口子 四川 十堰 一一 三三两两 "
    "百度 五险一金 一天到晚 几十万 数百人 三五年 百分之百 万元 上千元 一二三 二手 第一 1.5 12,3 2026.10 22:00:30 5wd"
)


@pytest.mark.parametrize(("written", "wanted"), SAME)
def test_numbers_meet(written: str, wanted: str) -> None:
    assert comparable(written) == wanted
    assert comparable(wanted) == wanted


@pytest.mark.parametrize("word", KEPT.split())
def test_words_stay(word: str) -> None:
    assert comparable(word) == word


def test_numbers_within_a_sentence() -> None:
    assert comparable("我欠了两万三，一个月还一千五，催收一天打二十次") == "我欠了23000，1个月还1500，催收1天打20次"
