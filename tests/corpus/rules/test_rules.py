"""Each rule: an example that matches and one that must not."""

from collections.abc import Callable, Iterator

import pytest

from corpus.offsets import apply_edits
from corpus.records import Edit, Markup
from corpus.rules import blanks, characters, furniture, markdown, pinyin, titles, wraps
from corpus.rules.page import Page

Rule = Callable[[Page], Iterator[Edit]]


def cleaned(rule: Rule, text: str, markup: Markup = Markup.PLAIN, title: str | None = None) -> str:
    page = Page(text, markup, title)
    return apply_edits(text, sorted(rule(page), key=lambda edit: edit.start))


@pytest.mark.parametrize(
    ("rule", "dirty", "clean"),
    [
        (characters.compatible_characters, "⼈员，金额ﬁ，cafe\u0301", "人员，金额fi，café"),
        (characters.width, "拨打１２３７８，ＡＰＰ里３．５％", "拨打12378，APP里3.5%"),
        (characters.width, "上门\u00a0催收", "上门 催收"),
        (characters.invisible, "催\u200b收\u202e上门\ufeff", "催收上门"),
        (characters.control, "催\x00收\x1b\u2028\x1b[1;31m上门", "催收\n上门"),
        (characters.entities, "上门&nbsp;催收&#8220;好&#8221;&hellip;", "上门 催收“好”…"),
        (characters.tags, '<p class="a">上门<br/>催收</p><B>不能</B>', "\n上门\n催收\n不能"),
        (pinyin.readings, "小編導(dǎo)語,聯（lián）網(wǎng)女(nǚ)", "小編導語,聯網女"),
        (pinyin.readings, "導(dǎo)語的(de)標(biāo)題是(shì)", "導語的標題是"),
        (pinyin.readings, "催（cui）收（shou）人（ren）", "催收人"),
    ],
)
def test_characters(rule: Rule, dirty: str, clean: str) -> None:
    assert cleaned(rule, dirty) == clean


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (characters.compatible_characters, "㎡①人员é"),
        (characters.width, "（见上），“好”：5％－6"),
        (characters.invisible, "一家👨\u200d👩\u200d👧在"),
        (characters.control, "催\t收\r\n"),
        (characters.entities, "AT&T&什么;&nosuchname;&#27;"),
        (characters.tags, "a < b > c，<姓名>，<https://example.org>"),
        (pinyin.readings, "人工智能(ai)，微信(WeChat)，能(can)，龃龉(jǔ yǔ)，公司(lóng123)，的(de)，A(á)"),
        (pinyin.readings, "债务人(dǎoyǎng)，（三）"),
        (pinyin.readings, "“催”字念作催(cuī)"),
        (characters.tags, "a\\<b> x<p 且 q>r 小<b ,c>大"),
    ],
)
def test_characters_that_stay(rule: Rule, text: str) -> None:
    assert cleaned(rule, text) == text


def test_markdown_signs_go_in_markdown_only() -> None:
    text = '见[投诉渠道](complaints.md "去哪")，**不能**骂人。![门](a.png)[1] [注](见 上) 3 ** 2'
    assert cleaned(markdown.links, "[逾期](如有)a[0](y)", Markup.MARKDOWN) == "[逾期](如有)a[0](y)"
    chinese = (
        '[甲](上门.md)[乙](法/上门.md#证件)[丙](#证件)[丁](HTTPS://例.cn/上门)[戊](上门.html "题")'
        "[己](./上门)[庚](上门.PDF)[辛](上门.html?x=1)[壬](附件.xlsx)"
    )
    assert cleaned(markdown.links, chinese, Markup.MARKDOWN) == "甲乙丙丁戊己庚辛壬"
    for kept in ("[表](见附件.)", "[表](见第3.2)", "[表](见2.5节)", "[表](附件.md，共三页)", "[表](附件 .md)"):
        assert cleaned(markdown.links, kept, Markup.MARKDOWN) == kept
    fenced = "[甲](a.md)\n```\n[乙](b.md) **丙**\n```\n**丁**"
    assert cleaned(markdown.links, fenced, Markup.MARKDOWN) == "甲\n```\n[乙](b.md) **丙**\n```\n**丁**"
    assert cleaned(markdown.strong, fenced, Markup.MARKDOWN) == "[甲](a.md)\n```\n[乙](b.md) **丙**\n```\n丁"
    for rule, wanted in (
        (markdown.links, "见投诉渠道，**不能**骂人。!门[1] [注](见 上) 3 ** 2"),
        (markdown.strong, '见[投诉渠道](complaints.md "去哪")，不能骂人。![门](a.png)[1] [注](见 上) 3 ** 2'),
        (markdown.images, '见[投诉渠道](complaints.md "去哪")，**不能**骂人。[1] [注](见 上) 3 ** 2'),
    ):
        assert cleaned(rule, text, Markup.MARKDOWN) == wanted
        assert cleaned(rule, text, Markup.PLAIN) == text


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (furniture.menus, "首页 > 网贷 > 正文"),
        (furniture.menus, "分享到：微博 微信 QQ空间 | 收藏(12)"),
        (furniture.menus, "字體：大 中 小"),
        (furniture.menus, "打開APP體驗更佳"),
        (furniture.copyright_lines, "Copyright © 2011 - 2024 某某网 All Rights Reserved."),
        (furniture.copyright_lines, "某某网 版權所有 未經授權禁止轉載"),
        (furniture.icp_lines, "浙ICP备12345678号-2 ."),
        (furniture.icp_lines, "沪公网安备 31010102001234号"),
        (furniture.contact_lines, "內容侵權、刪帖聯系方式:13800000000 123456@example.com"),
        (furniture.contact_lines, "债务咨询加微信：laolai_88888"),
        (furniture.contact_lines, "免费法律咨询热线：400-123-4567"),
        (furniture.disclaimers, "特別聲明：本文為作者上傳並發布，僅代表作者觀點。本站僅提供信息發布平臺。"),
        (furniture.disclaimers, "本文内容来源于网络，如有侵权请联系删除。"),
        (furniture.editor_lines, "【纠错】 【责任编辑：小周】"),
        (furniture.editor_lines, "责任编辑：老陈"),
        (furniture.comments, "精彩评论"),
        (furniture.link_lists, "友情链接: 某某天气网 某某之窗 法律栏目"),
    ],
)
def test_furniture_goes(rule: Rule, line: str) -> None:
    assert cleaned(rule, f"第一段正文。\n\n{line}\n第二段正文。\n") == "第一段正文。\n\n第二段正文。\n"


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (furniture.menus, "微信不会上门"),
        (furniture.menus, "年利率 > 24%"),
        (furniture.menus, "12378"),
        (furniture.copyright_lines, "网站写着版权所有，不等于它合法。"),
        (furniture.icp_lines, "先查网站底部有没有粤ICP备12345678号这样的备案号，再决定信不信。"),
        (furniture.icp_lines, "ICP备案是什么"),
        (furniture.contact_lines, "有人说加微信abc12345就能销债，别信。"),
        (furniture.menus, "- 投诉"),
        (furniture.menus, "| 大 | 中 | 小 |"),
        (furniture.menus, "首页 > 我的 > 还款"),
        (furniture.menus, "投诉"),
        (furniture.copyright_lines, "二、版权所有人的权利"),
        (furniture.copyright_lines, "版权所有，翻印必究是什么意思"),
        (furniture.icp_lines, "例如某网的备案号是京ICP备12345678号"),
        (furniture.contact_lines, "举报邮箱：jubao@12377.cn"),
        (furniture.contact_lines, "律师咨询邮箱：help@legal.gov.cn"),
        (furniture.contact_lines, "侵权投诉请联系：help@samr.gov.cn"),
        (furniture.disclaimers, "本文" + "说的是一家公司怎样把仅代表作者观点当作挡箭牌" * 8),
        (furniture.contact_lines, "联系方式：催收员张某，13800138000"),
        (furniture.contact_lines, "“删除逾期记录加微信zx88888”"),
        (furniture.disclaimers, "法院提示：侵权责任的诉讼时效为三年。"),
        (furniture.disclaimers, "律师提示：在朋友圈转载他人欠款信息，侵犯隐私权。"),
        (furniture.editor_lines, "编辑：点右上角"),
        (furniture.editor_lines, "校对：核对金额"),
        (furniture.comments, "头像 换成警徽的不是警察"),
        (furniture.link_lists, "延伸阅读：《民法典》第一百八十八条规定了时效。"),
        (furniture.contact_lines, "微众银行客服电话：95384"),
        (furniture.contact_lines, "举报电话：12377"),
        (furniture.disclaimers, "对方发来声明：三天内上门。"),
        (furniture.disclaimers, "截至2026年10月；本文不是法律意见。"),
        (furniture.editor_lines, "编辑部收到很多来信"),
        (furniture.comments, "头像被盗用怎么办"),
        (furniture.comments, "有人评论说不能上门"),
        (furniture.link_lists, "相关文章应当保存三年。"),
        (furniture.link_lists, "标签贴错的后果"),
    ],
)
def test_text_that_only_looks_like_furniture_stays(rule: Rule, line: str) -> None:
    text = f"第一段正文。\n\n{line}\n第二段正文。\n"
    assert cleaned(rule, text) == text


def test_some_furniture_goes_at_the_edge_of_a_page_only() -> None:
    body = "".join(f"第{number}段正文。\n" for number in range(20))
    footer, trail = "某某网 © 2024 版权所有\n", "首页 > 网贷 > 资讯\n"
    assert cleaned(furniture.copyright_lines, body + footer) == body
    assert cleaned(furniture.copyright_lines, footer + body) == footer + body
    assert cleaned(furniture.menus, trail + body) == body
    assert cleaned(furniture.menus, body + trail) == body + trail


def test_bare_contacts_go_at_the_end_but_not_from_a_letter() -> None:
    contacts = "联系电话：13800000000\nQQ:12345678 微信：zhaiwu888\n"
    assert cleaned(furniture.contact_lines, f"正文。\n{contacts}") == "正文。\n"
    in_the_middle = f"{contacts}正文一。\n正文二。\n正文三。\n正文四。\n"
    assert cleaned(furniture.contact_lines, in_the_middle) == in_the_middle
    letter = f"请贵司书面答复。\n投诉人：某某\n{contacts}"
    assert cleaned(furniture.contact_lines, letter) == letter
    named = "正文。\n张某 13800000000\n"
    assert cleaned(furniture.contact_lines, named) == named


def test_comments_go_with_what_was_said() -> None:
    text = (
        "正文。\n精彩评论(2)\n头像 小周-法务 2025-04-06\n我被上门过，带了证件。\n头像 老陈\n头像 小李\n没有。\n后记。"
    )
    assert cleaned(furniture.comments, text) == "正文。\n后记。"


def test_lists_of_links_stand_at_the_end() -> None:
    text = "正文。\n相关阅读：\n逾期三天会怎样，看完就懂\n\n1、网贷能协商吗？\n友情链接: 某某网\n猜你喜欢\n"
    assert cleaned(furniture.link_lists, text) == "正文。\n"
    in_the_middle = "正文。\n相关推荐：\n怎样录音\n打开手机录音机\n然后，把手机放在口袋里。\n"
    assert cleaned(furniture.link_lists, in_the_middle) == in_the_middle
    section = "正文。\n\n## 相关阅读\n\n- 逾期三天会怎样\n\n## 证件\n\n短句\n"
    assert cleaned(furniture.link_lists, section, Markup.MARKDOWN) == section
    table = "正文。\n\n## 相关链接\n\n| 名称 | 电话 |\n"
    assert cleaned(furniture.link_lists, table, Markup.MARKDOWN) == table


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("微粒貸上門怎麼辦\n\n逾期 2024-11-08 13:47:01\n\n正文。", ("微粒貸上門怎麼辦", None, "2024-11-08")),
        ("20254/6\n来源:某某网\n\n逾期会上门吗：解析\n正文。", ("逾期会上门吗：解析", "某某网", None)),
        ("逾期会上门吗\n正文第一句。\n逾期会上门吗\n", ("逾期会上门吗", None, None)),
        # Nothing speaks for a title: a first line like any other, a generic one, a numbered one, a sentence.
        ("逾期会上门吗\n正文第一句。", (None, None, None)),
        ("小編導語\n2024-11-08\n正文。", (None, None, "2024-11-08")),
        ("一、逾期之后会怎样\n2024-11-08\n正文。", (None, None, "2024-11-08")),
        ("他在2024年11月8日收到短信。\n正文。", (None, None, None)),
        ("发布日期：2024-02-31\n正文。", (None, None, None)),
        # A course of events, and a day that is not the page's.
        ("2024-03-01\n2024-04-01\n逾期之后的经过\n正文。", (None, None, None)),
        ("判决日期：2024-03-01\n正文。", (None, None, None)),
    ],
)
def test_head(text: str, head: tuple[str | None, str | None, str | None]) -> None:
    found = titles.head_of(Page(text))
    assert (found.title, found.source, found.published) == head


def test_head_notes() -> None:
    text = "逾期会上门吗\n来源：某某网\n发布时间：2024年11月8日 阅读(12)\n\n2024-11-08，他收到短信。\n2024-11-09\n"
    assert cleaned(titles.head_notes, text) == "逾期会上门吗\n\n2024-11-08，他收到短信。\n2024-11-09\n"


def test_title_repeats() -> None:
    title = "逾期三个月会上门吗:催收方式逐条解析"
    text = (
        "逾期三个月会上门吗：催收方式逐条解析\n逾期三个月会上门吗\n逾期三个月会上门吗:催收方法逐条解析\n"
        "逾期六个月会上门吗:催收方式逐条解析\n正文一。\n二、逾期三个月会上门吗\n逾期三个月会上门吗:催收方式逐条解析\n"
        "逾期三个月会上门吗\n正文二。"
    )
    assert cleaned(titles.title_repeats, text, title=title) == (
        "逾期六个月会上门吗:催收方式逐条解析\n正文一。\n二、逾期三个月会上门吗\n逾期三个月会上门吗\n正文二。"
    )
    assert cleaned(titles.title_repeats, text) == text
    asking = "微粒贷逾期会上门吗"
    kept = f"微粒贷逾期不会上门吗\n正文一。\n{asking}\n会的。"
    assert cleaned(titles.title_repeats, kept, title=asking) == kept
    assert cleaned(titles.title_repeats, asking, title=asking) == asking
    for title in ("•", " ", "\u3000"):
        assert cleaned(titles.title_repeats, "正文。", title=title) == "正文。"
    assert cleaned(titles.title_repeats, "上门\n正文。", title="上门") == "上门\n正文。"


def test_outlines() -> None:
    outline = "一、流程\n二、证件\n1. 身份证\n三、投诉\n\n"
    body = "这篇文章讲上门，分三段。\n一、流程：\n先敲门。\n二、证件：\n1. 身份证\n看证。\n三、投诉：\n打电话。"
    assert cleaned(titles.outlines, outline + body) == "\n" + body
    # A list that something leads into, and lines that come again in another order, are none.
    led = "本文分三步走：\n一、流程\n二、证件\n三、投诉\n"
    assert cleaned(titles.outlines, led + body) == led + body
    named = "本文目录：\n一、流程\n二、证件\n三、投诉\n"
    assert cleaned(titles.outlines, named + body) == "本文目录：\n" + body
    turned = "三、投诉\n二、证件\n一、流程\n"
    assert cleaned(titles.outlines, turned + body) == turned + body
    assert cleaned(titles.outlines, "准备三样：\n一、身份证\n二、录音笔\n三、笔\n" + body).startswith(
        "准备三样：\n一、身份证"
    )


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("催收人员会通过 联系你。", "催收人员会通过□联系你。"),
        ("微粒贷打 催收的原因", "微粒贷打□催收的原因"),
        ("可能会认为通过 、短信等途径无效。", "可能会认为通过□、短信等途径无效。"),
        ("在收到催收 时，先记下来。", "在收到催收□时，先记下来。"),
        ("会打  催收，也会通过　联系你。", "会打□催收，也会通过□联系你。"),
        # A gap that is doubtful by itself, where the same words have lost their neighbour elsewhere.
        ("催收 的语言要文明。催收 对家人有影响。", "催收□的语言要文明。催收□对家人有影响。"),
        ("不得采用、、等手段。", "不得采用、□、等手段。"),
        ("1. 短信通知：先发。\n2. :在短信之后联系。", "1. 短信通知：先发。\n2. □:在短信之后联系。"),
    ],
)
def test_blanks_are_marked(dirty: str, clean: str) -> None:
    assert cleaned(blanks.marked_blanks, dirty) == clean


@pytest.mark.parametrize(
    "text",
    [
        "3. 证件 APP 里的通知",
        "逾期三个月 在外地 他们会来吗",
        "姓名 住址 电话 日期",
        "我 和 你 都 要 还",
        "他们来了 ，我没开门 。",
        "第一章 总则",
        "红、、黄",
        "那个 时间点",
        "我打 你打 他打 都不接",
        "上午在单位开会讨论 下午回办公室里面 晚上去球馆里打 羽毛球休息看书 第二天再去",
        "第二章 时效",
        "附件一 的说明",
        "催收 对家人有影响。",
        "第三条 的士司机",
        "小明 后天去法院",
        "委员有张和 李平 王五 赵六 周七",
    ],
)
def test_spaces_that_are_no_blanks(text: str) -> None:
    assert cleaned(blanks.marked_blanks, text) == text


TITLE = "微粒贷会打电话催收吗,催收方式解析"


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        # The title has the same words around the gap.
        ("微粒贷会打 催收吗？会。", "微粒贷会打电话催收吗？会。"),
        ("四、微粒贷打 催收的原因", "四、微粒贷打电话催收的原因"),
        # The same clause stands elsewhere, and the word nowhere else.
        ("他们天天晚上打 骚扰你家人。\n他们天天晚上打电话骚扰你家人。\n", "他们天天晚上打电话骚扰你家人。\n" * 2),
        # A gap before a comma.
        ("微粒贷会打 催收吗、催收方式解析", "微粒贷会打电话催收吗、催收方式解析"),
    ],
)
def test_a_proven_word_is_restored(dirty: str, clean: str) -> None:
    assert cleaned(blanks.restored_blanks, dirty, title=TITLE) == clean


@pytest.mark.parametrize(
    "text",
    [
        # Nothing proves it.
        "催收人员通过 联系你。",
        # The title shares one character on each side only.
        "他打 催你。",
        # The word stands elsewhere, too: no filter took it.
        "他们天天晚上打 骚扰你家人。\n他们天天晚上打电话骚扰你家人。\n电话很多。",
        # Two words fit.
        "他们天天晚上打 骚扰你家人。\n他们天天晚上打电话骚扰你家人。\n他们天天晚上打骂声骚扰你家人。",
        # Any means may stand there.
        "他们可以通过 联系你本人。\n他们可以通过短信联系你本人。",
        # What would turn the claim around, or make it another.
        "甲公司 要求偿还借款本金。\n甲公司不要求偿还借款本金。",
        "利率超过 百分之二十四的部分。\n利率超过年化百分之二十四的部分。",
        "微粒贷逾期 会上征信的。\n微粒贷逾期三天会上征信的。",
        "被告在 应当偿还全部欠款。\n被告在三日应当偿还全部欠款。",
    ],
)
def test_what_is_not_proven_is_not_restored(text: str) -> None:
    assert cleaned(blanks.restored_blanks, text, title=TITLE) == text


def test_hard_wraps_are_joined() -> None:
    wrapped = (
        "有人上门时，先隔着门问清对方的姓名、单位和来意，再请他\n"
        "把工作证和授权委托书贴近猫眼给你看，看清楚之后再决定要\n"
        "不要开门。你没有义务让他进屋。\n"
        "如果对方拒绝出示证件，或者在楼道里大声叫骂、张贴纸条，\n"
        "可以直接拨打报警电话，并且用手机 record\n"
        "video 把过程拍下来，等警察到了再当面说明情况，然后向放\n"
        "款机构投诉。\n"
    )
    assert cleaned(wraps.hard_wraps, wrapped) == (
        "有人上门时，先隔着门问清对方的姓名、单位和来意，再请他把工作证和授权委托书贴近猫眼给你看，看清楚之后再决定要"
        "不要开门。你没有义务让他进屋。\n"
        "如果对方拒绝出示证件，或者在楼道里大声叫骂、张贴纸条，可以直接拨打报警电话，并且用手机 record\n"
        "video 把过程拍下来，等警察到了再当面说明情况，然后向放款机构投诉。\n"
    )
    paragraphs = "\n".join("这是一句完整的话，说到这里就结束了，不需要和下一行连起来。" for _ in range(8))
    assert cleaned(wraps.hard_wraps, paragraphs) == paragraphs
    assert cleaned(wraps.hard_wraps, wrapped, Markup.MARKDOWN) == wrapped
    apart = wrapped.replace("\n", "\n\n")
    assert cleaned(wraps.hard_wraps, apart) == apart
    names = "\n".join(f"某某某某某某某某某某某某某某银行第{number}分行" for number in range(8))
    assert cleaned(wraps.hard_wraps, names) == names
    table = wrapped.replace("，", "\t")
    assert cleaned(wraps.hard_wraps, table) == table
