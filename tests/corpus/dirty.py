"""Make dirty articles: clean ones of our own sentences, with what the web does to them."""

from hypothesis import strategies as st

SENTENCES = (
    "有人上门时，先隔着门核实身份。",
    "催收人员应当出示工作证和委托书！",
    "他们能不能给家里人打电话？",
    "《民法典》第一千零三十二条保护隐私权（包括住宅安宁）。",
    "微众银行的App里可以看到应还的12,000.50元；",
    "逾期三天和逾期九十天不是一回事……",
    "对方说：“今天不还就去你单位”，你可以录音。",
    "年利率24%以上的部分要看合同。",
)
HEADINGS = ("一、上门怎么办", "二、电话与短信", "（一）先看证件", "1.1 记下时间")
ITEMS = ("- 工作证", "2. 委托书：要有公章", "（3）录音", "问：能录音吗？", "答：可以录自己的通话。")
FURNITURE = (
    "首页 > 网贷 > 正文",
    "分享到：微博 微信",
    "Copyright © 2011 - 2024 All Rights Reserved.",
    "浙ICP备12345678号-2",
    "删帖联系方式：13800000000",
    "精彩评论",
    "头像 小周 2025-04-06",
    "最新文章",
    "友情链接: 某某网 某某之窗",
    "【责任编辑：老陈】",
    "特别声明：本文仅代表作者观点。",
)
TITLE = "微粒贷会打电话催收吗,上门怎么办"
BLANKED = ("微粒贷会打 催收吗？", "他们会通过 联系你。", "不得采用、、等手段。", "在收到催收 时，别慌。")
CHARACTERS = (
    "\u200b",
    "\x00",
    "\u202e",
    "(shàng)",
    "（mén）",
    "&nbsp;",
    "<br/>",
    "ＡＢ１",
    "⼈",
    "**",
    "\ufeff",
    " ",
    "\t",
)

clean_lines = st.sampled_from(SENTENCES + HEADINGS + ITEMS) | st.lists(
    st.sampled_from(SENTENCES), min_size=1, max_size=4
).map("".join)
line_ends = st.sampled_from(["\n", "\n\n", "\r\n"])


@st.composite
def clean_texts(draw: st.DrawFn) -> str:
    """Draw a text that no rule has anything to say about."""
    lines = draw(st.lists(st.tuples(clean_lines, line_ends), max_size=12))
    return "".join(line + end for line, end in lines)


@st.composite
def dirty_texts(draw: st.DrawFn) -> str:
    """Draw a text with furniture between its lines, words taken out, and noise between its characters."""
    sources = [clean_lines, st.sampled_from(FURNITURE), st.sampled_from(BLANKED), st.just(TITLE)]
    lines = draw(st.lists(st.tuples(st.one_of(sources), line_ends), max_size=12))
    text = "".join(line + end for line, end in lines)
    for noise in draw(st.lists(st.tuples(st.sampled_from(CHARACTERS), st.floats(0, 1)), max_size=8)):
        place = int(noise[1] * len(text))
        text = text[:place] + noise[0] + text[place:]
    return text
