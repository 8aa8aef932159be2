"""Take out the lines of a web page that are not the article's: menus, share bars, notices, links, comments.

Many articles are about these very things: how to complain, what a disclaimer is worth, whom to write
to. So a rule wants two signs, or a place at the edge of the page; what only may be furniture stays.
"""

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest

from corpus.records import Edit
from corpus.rules.page import NUMBER, Line, Page, without, words

# Words that menus and share bars are made of; compared in simplified characters, lower case.
_MENU_WORDS = words("""
    分享 分享到 分享至 一键分享 微博 新浪微博 腾讯微博 微信 微信好友 朋友圈 qq空间 qq好友 人人网 豆瓣 收藏 点赞 赞 踩
    打印 关闭 复制链接 转发 评论 写评论 发表评论 查看评论 举报 投诉 纠错 字体 字号 大 中 小 t 放大 缩小 关注 已关注 返回
    首页 登录 注册 资讯 法律咨询 找律师 网站地图 联系我们 关于我们 更多 展开 收起 上一页 下一页 上一篇 下一篇 没有了
    搜索 正文 手机版 电脑版 客户端 订阅 阅读 浏览 在看 喜欢 回复 支持 反对 使用道具 只看该作者 a+ a-
""")
# What is furniture even as the only thing on its line.
_MENU_ALONE = words("""
    字体 字号 打开app 下载app 打开app体验更佳 app内打开 请在app内查看更多 点击加载更多
    加载更多 展开全文 阅读全文 阅读原文 返回顶部 回到顶部 返回首页 返回列表 设为首页 加入收藏
    网站地图 复制链接 登录/注册 登录丨注册 扫码关注 微信扫一扫 分享到 一键分享 我要评论 发表评论
    写评论 提交评论 暂无评论 登录后参与评论 我要纠错 写回答 邀请回答 举报/反馈 关注该公众号
    点击上方蓝字关注我们 返回搜狐，查看更多 只看该作者 end 正文
""")
_MENU_SEPARATOR = re.compile(r"[\s|｜丨/·•,，、:：\[\]【】()（）<>＞»›→]+")
_LEAST_MENU_WORDS = 2
# Matches "首页 > 贷款 > 正文", "2025法律 > > 正文"; must not match "首页>我的>还款", which tells where to tap.
_TRAIL = re.compile(r"^(?:(?:当前|您的|你的|所在)位置[:：]?|首页[ ]?[>＞»›/]).{0,60}$|[>＞»›][ >＞»›]*(?:正文|详情)$")
_TAPPING = re.compile(r"我的|点击|路径|设置|还款|，")
# So many lines at the beginning of a page may be a trail.
_TRAIL_LINES = 5
# Lists, tables and numbered lines are the article's own. Matches "- 投诉", "| 大 | 小 |", "三、版权"; must
# not match "-5", "三方".
_ARTICLE_FORM = re.compile(rf"^(?:[-*+#>|•·●][ \t|]|\||#+|{NUMBER})")
# Signs of a line about rights; one of them may be the article's subject, two are a footer.
_RIGHTS = (
    re.compile(r"©|\(c\)|copyright", re.I),
    re.compile(r"(?:19|20)\d\d"),
    re.compile(r"all rights reserved", re.I),
    re.compile(r"版权所有"),
    re.compile(r"未经.{0,8}(?:不得|禁止|严禁|请勿)转载|powered by", re.I),
    re.compile(r"icp备", re.I),
)
_LEAST_RIGHTS = 2
# A footer stands among so many lines at the end.
_FOOTER_LINES = 15
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Matches "鲁ICP备17033019号-1", "沪公网安备 31010102001234号", "粤B2-20090059"; must not match "ICP备案".
_ICP = re.compile(
    rf"[{_PROVINCES}][ ]?(?:icp[备证]|公网安备)[ ]?\d{{5,}}号?(?:-\d+)?|[{_PROVINCES}][a-z]\d-\d{{8}}", re.I
)
_SAID_OF_ICP = re.compile(r"[的是查看例如]")
_MAX_BESIDE_ICP = 40
# Ways to reach a person: a mobile number, an account, an address. Matches "13800000000", "QQ：12345678";
# must not match "12378", "95384".
_REACHED_BY = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)400[- ]?\d{3}[- ]?\d{4}(?!\d)|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,64}"
    r"|(?:qq|扣扣|微信|vx?|v信|wx)(?:号|群|客服)?[:： ]{0,2}[a-z0-9_-]{5,20}",
    re.I,
)
# Who is to be reached there: the owner of the site, or who advertises. Matches "侵权删帖", "债务咨询加微信";
# must not match "举报邮箱", "删除通讯录".
_SITE_OWNER = re.compile(
    r"侵权.{0,8}(?:删|联系)|删帖|商务合作|广告(?:合作|投放|刊登)|投稿(?:邮箱|热线|请)|站长|本站(?:客服|联系|邮箱)"
    r"|(?:法务|法律|律师|债务|贷款|逾期|网贷)(?:咨询|协商|规划|顾问).{0,6}(?:加|请|联系|热线|电话|微信|qq)|微信同号|加v",
    re.I,
)
_OFFICIAL = re.compile(r"\.gov\.cn|nifa\.org|12377\.cn|[“”「」]")
# A line of nothing but labels and ways to reach a person. Matches "联系电话：13800000000 QQ:12345678"; must
# not match "张某 13800000000".
_CONTACT_LABEL = re.compile(
    r"(?:联系|咨询|客服|服务|投稿)?(?:电话|手机|热线|方式|微信|qq|扣扣|邮箱|email|v信)(?:号码?)?|[\s:：/|，,、；;]+",
    re.I,
)
# So many lines at the end of a page may tell how to reach its owner; a letter ends with its writer's number.
_CONTACT_LINES = 4
_LETTER = re.compile(r"此致|敬礼|申请人|投诉人|举报人|异议人|签名|签字|姓名|身份证")
# Matches "特别声明:", "【免责声明】", "家在某地声明:"; must not match "法院提示：", "对方发来声明：三天内上门".
_DISCLAIMER = re.compile(
    r"^[【（(\[]?(?:(?:特别|免责|版权|郑重|重要|平台|本站|.{0,6})声明|(?:特别|版权)提示)[】）)\]]?[:：]?"
    r"|^[【（(\[]?(?:以上|本文|本站|本网|部分|文章|本内容|图片?)(?:内容|文章|图片|资讯|信息|源|为)?"
)
# Matches "仅代表作者观点", "来源于网络", "如有侵权请联系删除"; must not match "侵权责任", "在朋友圈转载".
_DISCLAIMED = re.compile(
    r"(?:不|仅|只)(?:代表|反映).{0,8}(?:作者|本站|本网|平台|观点|立场)|(?:来源于|来自|转载自|摘自|源)(?:网络|互联网)"
    r"|侵权.{0,8}(?:联系|告知|删)|侵删|版权归.{0,10}(?:所有|作者)|仅?提供信息(?:存储|发布)|属于?作者个人|转载请注明"
)
_MAX_NOTICE = 160
# Nothing longer is furniture.
_MAX_LINE = 400
_LINK_HEADINGS = words("""
    最新文章 最新资讯 最新发布 最近更新 随机看看 随便看看 相关文章 相关阅读 相关推荐 相关资讯 相关新闻 相关链接 推荐阅读
    推荐文章 热门文章 热门推荐 热门阅读 热门标签 热门资讯 热点推荐 精彩推荐 编辑推荐 猜你喜欢 你可能喜欢 您可能感兴趣
    你可能感兴趣 大家还看了 大家都在看 大家都在搜 延伸阅读 拓展阅读 阅读排行 点击排行 热搜榜 友情链接 友情连接 上一篇
    下一篇 更多文章 更多推荐 往期推荐 往期回顾 喜欢此内容的人还喜欢 作者最新文章
""")
# Matches "友情链接: 某某网 某某之窗", "上一篇：无"; must not match "延伸阅读：《民法典》第一百八十八条规定。"
_LINKS_INLINE = re.compile(r"^[【\[]?(?:友情链[接结]|友情连接|上一篇|下一篇)[】\]]?[:：]")
_MAX_LINK = 60
# Matches "精彩评论", "全部评论 (3)"; must not match "评论列表怎么删".
_COMMENT_HEADING = re.compile(
    r"^(?:精彩|网友|热门|全部|最新|用户|精选|文章|共有?)?[ ]?(?:\d+[ ]?条)?(?:评论|留言)"
    r"[:：]?[ ]?(?:[(（]\d+条?[)）])?$"
)
# Matches "头像 小周-法务 2025-04-06", "[头像] 老陈"; must not match "头像被盗用怎么办".
_AVATAR = re.compile(r"^[\[【]?(?:用户|网友)?头像[\]】]?(?:[ \t:：]+.{1,40})?$")
_DATED = re.compile(r"\d{1,4}[-/.年]\d{1,2}|\d{1,2}[:：]\d{2}|前$")
_EDGE_LINES = 3
# Matches "【纠错】", "责任编辑：小周"; must not match "编辑：点右上角", "校对：核对金额".
_EDITOR = re.compile(
    r"^(?:[【\[（(](?:纠错|(?:责任|责|值班|执行)?编辑[:：].{0,20}|(?:审核|校对)[:：].{1,12})[】\])）]"
    r"|(?:责任|值班|执行)编辑[:：][ ]?\S{0,8})$"
)
_BRACKETED = re.compile(r"[【\[（(][^】\])）]{1,30}[】\])）]")


def menus(page: Page) -> Iterator[Edit]:
    """Take out menus, share bars and breadcrumb trails.

    "分享到 微博 微信", "打开APP体验更佳" and, at the top, "首页 > 贷款 > 正文" go; "- 投诉" in a list,
    "首页 > 我的 > 还款" and "微信不会上门" stay.
    """
    top = {line.start for line in page.lines[:_TRAIL_LINES]}

    def is_menu(line: Line) -> bool:
        if line.start in top and _TRAIL.search(line.plain) and not _TAPPING.search(line.plain):
            return True
        plain = line.plain.casefold().strip("-—–· ：:[]【】")
        if plain in _MENU_ALONE:
            return not _is_article(page, line)
        parts = [part for part in _MENU_SEPARATOR.split(plain) if part and not part.isdigit()]
        of_menu = len(parts) >= _LEAST_MENU_WORDS and all(part in _MENU_WORDS for part in parts)
        return of_menu and not _is_article(page, line)

    yield from _lines(page, is_menu, "menu")


def copyright_lines(page: Page) -> Iterator[Edit]:
    """Take out a site's copyright line at the end of the page.

    "Copyright © 2000 - 2023 All Rights Reserved." goes; "二、版权所有人的权利" stays.
    """
    footer = _footer(page)

    def is_copyright(line: Line) -> bool:
        signs = sum(sign.search(line.plain) is not None for sign in _RIGHTS)
        return (
            line.start in footer and signs >= _LEAST_RIGHTS and "。" not in line.plain and not _is_article(page, line)
        )

    yield from _lines(page, is_copyright, "copyright")


def icp_lines(page: Page) -> Iterator[Edit]:
    """Take out a site's registration number.

    "鲁ICP备17033019号-1 ." goes; "例如某网的备案号是鲁ICP备17033019号" stays.
    """

    def is_icp(line: Line) -> bool:
        rest, found = _ICP.subn("", line.plain)
        return bool(found) and len(rest) <= _MAX_BESIDE_ICP and not _SAID_OF_ICP.search(rest) and not line.is_prose

    yield from _lines(page, is_icp, "icp")


def contact_lines(page: Page) -> Iterator[Edit]:
    """Take out where the site's owner or an advertiser can be reached.

    "侵权删帖联系方式:13800000000" and, at the end, "QQ：12345678" go; "有人说加微信13800000000就能销债，别信。",
    "举报邮箱：a@b.gov.cn", "微众银行客服电话：95384" and the number under a letter stay.
    """
    is_letter = any(_LETTER.search(line.plain) for line in page.lines[-2 * _CONTACT_LINES :])
    end = set() if is_letter else {line.start for line in page.lines[-_CONTACT_LINES:]}

    def is_contact(line: Line) -> bool:
        if not _REACHED_BY.search(line.plain) or line.is_prose or _OFFICIAL.search(line.plain):
            return False
        bare = line.start in end and _is_bare_contact(line)
        return bare or _SITE_OWNER.search(line.plain) is not None

    yield from _lines(page, is_contact, "contact")


def _is_bare_contact(line: Line) -> bool:
    rest, found = _REACHED_BY.subn("", line.plain)
    return bool(found) and not _CONTACT_LABEL.sub("", rest)


def disclaimers(page: Page) -> Iterator[Edit]:
    """Take out a site's disclaimer.

    "特别声明:本文仅代表作者观点。" goes; "法院提示：侵权责任的时效为三年。" stays.
    """

    def is_disclaimer(line: Line) -> bool:
        signs = _DISCLAIMER.search(line.plain) and _DISCLAIMED.search(line.plain)
        return bool(signs) and len(line.plain) <= _MAX_NOTICE and not _is_article(page, line)

    yield from _lines(page, is_disclaimer, "disclaimer")


def editor_lines(page: Page) -> Iterator[Edit]:
    """Take out who edited a page.

    "【纠错】 【责任编辑:小周】" goes; "编辑：点右上角" stays.
    """

    def is_editor(line: Line) -> bool:
        parts = _BRACKETED.findall(line.plain) if not _BRACKETED.sub("", line.plain).strip() else [line.plain]
        return all(_EDITOR.match(part) for part in parts)

    yield from _lines(page, is_editor, "editor")


def comments(page: Page) -> Iterator[Edit]:
    """Take out readers' comments: a heading of them, and each line with an avatar and the one below it.

    "精彩评论" above "头像 小周 2025-04-06", this line and what 小周 said go; "头像 换成警徽的不是警察" stays.
    """
    avatars = [line for line in page.lines if _AVATAR.match(line.plain)]
    if len(avatars) == 1 and not _DATED.search(avatars[0].plain):
        avatars = []
    starts = {line.start for line in avatars}
    edge = {line.start for line in (*page.lines[:_EDGE_LINES], *page.lines[-_EDGE_LINES:])}
    doomed = []
    for line, following in zip_longest(page.lines, page.lines[1:]):
        if line.start in starts:
            doomed.append(line)
            if following is not None and following.start not in starts:
                doomed.append(following)
        elif _COMMENT_HEADING.match(line.plain) and not _is_article(page, line):
            above_one = following is not None and following.start in starts
            doomed += [line] if above_one or line.start in edge else []
    yield from without(page, doomed, "comments")


def link_lists(page: Page) -> Iterator[Edit]:
    """Take out the lists of other pages at the end of an article: their heading, and what stands below.

    "最新文章" with the titles below it, and "友情链接: 某某之窗" go; "相关文章应当保存三年。" and a list
    with more of the article below it stay.
    """
    begin = len(page.text)
    for line in reversed(page.lines):
        if _is_article_below(page, line):
            break
        heading = line.plain.strip("【】[]:： ").casefold()
        if heading in _LINK_HEADINGS or _LINKS_INLINE.match(line.plain):
            begin = line.start

    def is_link(line: Line) -> bool:
        return line.start >= begin or bool(_LINKS_INLINE.match(line.plain) and not line.is_prose)

    yield from _lines(page, is_link, "links")


def _is_article_below(page: Page, line: Line) -> bool:
    """Tell whether a line, met from below, is the article's, so that no list of links begins above it."""
    if len(line.plain) > _MAX_LINK or "。" in line.plain:
        return not _LINKS_INLINE.match(line.plain)
    text = page.text[line.start : line.stop].lstrip()
    heading = line.plain.strip("【】[]:： ").casefold()
    return text.startswith(("|", "#")) and heading not in _LINK_HEADINGS


def _is_article(page: Page, line: Line) -> bool:
    """Tell whether a line has the form of a list, a table, a heading: then it is no furniture."""
    return _ARTICLE_FORM.match(page.text[line.start : line.stop].lstrip()) is not None


def _footer(page: Page) -> set[int]:
    return {line.start for line in page.lines[-_FOOTER_LINES:]}


def _lines(page: Page, is_doomed: Callable[[Line], bool], rule: str) -> Iterator[Edit]:
    yield from without(page, (line for line in page.lines if len(line.plain) <= _MAX_LINE and is_doomed(line)), rule)
