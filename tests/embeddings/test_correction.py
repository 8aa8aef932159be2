"""Slips that sound right are corrected; what is right is left alone."""

import re
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest

from corpus.lexicon import load_lexicon
from corpus.normalising import comparable
from corpus.reading import shipped_articles
from embeddings.correction import Correction, Corrector
from embeddings.pinyin import sounds_of
from embeddings.records import Change
from embeddings.terms import TermSplitter

# A question, and what it must hold once it is corrected.
SLIPS = """
崔收天天打电话怎么办|催收 威力贷逾期会怎样|微粒贷 我的正信坏了|征信 征性报告在哪里查|征信 催收会尚门吗|上门
收到法愿的传票|法院 网代还不上了|网贷 小带公司可以催收吗|小贷 收到支付另怎么办|支付令 什么时候开厅|开庭
他们打到我工司|公司 失信挡案能消除吗|档案 他们要和我打官思|打官司 去派处所报案有用吗|派出所
在朋友券发我的照片|朋友圈 欠款与期三个月|逾期 于期了会坐牢吗|逾期 罚西怎么算|罚息 违约斤太高了|违约金
我想分其还款|分期 能不能协伤还款|协商 停息挂帐是真的吗|停息挂账 律师涵是真的吗|律师函 银行要气诉我|起诉
被气诉了不去会怎样|起诉 强制直行会扣工资吗|执行 银行卡被动结了|冻结 担保任要承担什么责任|担保人
连代责任是什么|连带责任 债券转让要通知我吗|债权 债权专让没有通知我|转让 暴通讯录违法吗|爆通讯录
通迅录被爆了|通讯录 紧集联系人会被打电话吗|紧急联系人 催收骚绕家人|骚扰 他们威协我|威胁
恐下短信可以报警吗|恐吓 敲榨勒索怎么报警|敲诈 怎么投素催收|投诉 通话路音能当证据吗|录音 假穿票怎么分辨|传票
仲才裁决书有效吗|仲裁 诉前条解要去吗|调解 判绝书下来了|判决书 诉讼时笑过了还要还吗|时效 夫妻共同在务|债务
放弃继成要怎么办|继承 征信修付是骗局吗|修复 信用咔逾期|信用卡 客付电话是多少|客服 冒充公检发|公检法
个人破惨怎么申请|破产 银行不同意延其|延期 提前还宽要手续费吗|还款 还款记化怎么写|还款计划 利希太高怎么办|利息
催收圆骂人|催收员 起诉壮怎么写|起诉状 答遍状怎么写|答辩状 换款计划谁定|还款 催收园上门了|催收员
银行说要起述我|起诉 被冻洁的账户|冻结 律是函收到了|律师函 身分证被人拿去贷款|身份证 恐赫我家人|恐吓
仲裁才决书|仲裁裁决 担宝期间过了|担保 夫妻共同债物|债务 诉讼时校|诉讼时效 录印可以吗|录音 报惊没人管|报警
停西挂账|停息挂账 网络带款逾期|贷款 预期利息怎么算|逾期 减面利息|减免 缺习判决|缺席
"""
# Slips that are not seen: words that the index hardly holds, or that are as likely as they stand.
MISSED = """
催收说要上门家方 怎么取政录音 替朋友作宝要还钱吗 砍头希合法吗 老赖和限高有什么去别 他们要来我但位 公正债权文书
征信抱告有错误 我爸的一产不够还 打电话给我同是 限消另怎么解除
"""
RIGHT = """
今天天气怎么样 明天会下雨吗 附近有什么好吃的饭馆 我家的猫不吃东西怎么办 孩子发烧三十九度要去医院吗 怎么做红烧肉
去北京坐高铁要多久 手机屏幕碎了哪里能修 公正和公平有什么不同 他的威力很大 这个公式怎么推导 公示期是几天
我想学弹吉他 周末去爬山带什么 奶奶腰疼看什么科 电脑开不了机 帮我写一封道歉信 大学选什么专业好 怎么种番茄
他在家里种花 老李和小王去哪儿了 驾照扣了三分怎么处理 快递丢了找谁赔 租房押金不退怎么办 邻居半夜唱歌很吵
老板拖欠工资怎么要 离职要提前多久说 公积金怎么提取 社保断了三个月影响买房吗 二手车怎么过户 养老保险交多少年
医保卡丢了怎么补办 小孩上学要什么材料 怎么写请假条 银行卡密码忘了 信用卡怎么激活 理财产品亏了能要回来吗
股票和基金有什么区别 怎么注册公司 营业执照年检怎么办 我和前夫还有联系 他一直不回我消息 明年会加息吗
这首歌叫什么名字 空调不制冷 如何戒烟 跑步膝盖疼 新房装修先做什么 猫咪可以喝牛奶吗 期末考试什么时候 今年收成不好
我想吃橙子 他姓郑不姓张 我叫李思雨在厦门工作 老陈的账本记得很细 阿强欠阿珍五万块没打借条 手续都办好了就等他来
他说话声音很小我听不清 上海到杭州的车票多少钱 请把门带上 他先动手的我只是还手 你们几点下班 催收给我发了很多信息
我借了一笔钱给同学 账号被盗了怎么找回 没收到货能退款吗 对方不肯赔钱怎么办 法人变更需要什么 宝宝几个月会坐
这件事要不要告诉爸妈 这套房子首付多少 我和同学合租水电费怎么分 你知道哪里有修鞋的吗 他把合同弄丢了还能补吗
下雨天路滑要小心 孩子不爱写作业 她唱的歌真好听 机票改签要钱吗 公司不给交社保 请问图书馆几点关门 我的狗总在夜里叫
昨晚没睡好头疼 买的手机是翻新机 老家的地能卖吗 车子追尾谁的责任 爷爷留下一间老屋 这道题我不会做 网上买的鞋子开胶
他答应给我两千块封口费 我把密码告诉了朋友 月底发工资能到账吗 驾校不给退学费 债还清以后心里轻松 我想找份夜班的工作
催收的人说话很难听 平台客服一直占线 对方已读不回 我妈接了电话吓哭了 贷款买的车能卖吗 利息比本金还高
"""


@cache
def splitter() -> TermSplitter:
    return TermSplitter(load_lexicon())


@cache
def paragraphs() -> dict[str, list[str]]:
    """Give the text of every shipped article, in paragraphs."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(shipped_articles().glob("*.md"))}
    return {name: [comparable(line) for line in text.split("---", 2)[2].splitlines()] for name, text in texts.items()}


@cache
def vocabulary_of(article: str) -> Counter[str]:
    return Counter(word for text in paragraphs()[article] for word in set(splitter().cut(text)))


@cache
def vocabulary() -> Counter[str]:
    return sum(map(vocabulary_of, paragraphs()), Counter())


def correcting(words: Mapping[str, int]) -> Corrector:
    return Corrector(words, splitter(), sounds_of(words))


@cache
def corrector() -> Corrector:
    return correcting(vocabulary())


@pytest.mark.parametrize("slip", SLIPS.split())
def test_slips_are_corrected(slip: str) -> None:
    question, wanted = slip.split("|")
    correction = corrector().correct(question)
    assert wanted not in question
    assert wanted in correction.text
    assert len(correction.changes) == 1


@pytest.mark.parametrize("question", [*RIGHT.split(), *MISSED.split()])
def test_others_stay(question: str) -> None:
    assert corrector().correct(question) == Correction(question, ())


def test_sentences_of_articles_that_the_index_does_not_hold_stay() -> None:
    changed: list[Change] = []
    count = 0
    for name, texts in paragraphs().items():
        others = correcting(vocabulary() - vocabulary_of(name))
        for sentence in filter(None, re.split("[。？！；|\n]", "\n".join(texts))):
            count += 1
            changed += others.correct(sentence).changes
    assert count > 4000
    assert len(changed) <= count / 1000, changed


def test_changes_say_where() -> None:
    correction = corrector().correct("App上说崔收会打电话，征性也坏了")
    assert correction.text == "App上说催收会打电话，征信也坏了"
    assert correction.changes == (Change(5, 7, "崔收", "催收"), Change(12, 14, "征性", "征信"))


def test_units_after_digits_are_no_words() -> None:
    assert corrector().correct("15日起") == Correction("15日起", ())


def test_two_words_that_sound_alike_leave_a_slip_as_it_is() -> None:
    assert correcting({"崔收": 0, "催收": 50}).correct("摧收").text == "催收"
    assert correcting({"催收": 50, "崔收": 50}).correct("崔收").changes == ()
    alike = correcting({"曦贷": 50, "熙贷": 50})
    assert alike.correct("茜贷").changes == ()


@pytest.mark.parametrize("text", ["", "？", "weather", "😭", "贷"])
def test_nothing_to_correct(text: str) -> None:
    assert corrector().correct(text) == Correction(text, ())
    assert correcting({}).correct(text) == Correction(text, ())


def test_long_texts_take_no_longer_than_their_length_says() -> None:
    started = time.perf_counter()
    assert corrector().correct("崔收天天打电话" * 2000).text == "催收天天打电话" * 2000
    assert time.perf_counter() - started < 10
