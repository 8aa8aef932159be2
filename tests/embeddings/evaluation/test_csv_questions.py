"""Reading question sets that were made in a spreadsheet."""

import hashlib
from pathlib import Path

import pytest

from embeddings.errors import MalformedLineError, QuestionSetError
from embeddings.evaluation.csv_questions import CSV_SUFFIXES, read_csv_questions
from embeddings.evaluation.records import Judgement, Question, Section

VISIT = "催收人员会上门吗"
# What Python's csv takes for one cell at most.
LIMIT = 131_072


def csv_file(folder: Path, *rows: str, end: str = "\r\n", encoding: str = "utf-8") -> Path:
    """Write rows that end as spreadsheets end them."""
    path = folder / "q.csv"
    path.write_bytes("".join(f"{row}{end}" for row in rows).encode(encoding))
    return path


def id_of(question: str) -> str:
    return hashlib.sha256(question.encode("utf-8")).hexdigest()[:12]


def article(id_: str, *headings: str, grade: int = 2, answer: str | None = None) -> Judgement:
    return Judgement(Section(id_, headings or None), grade, answer)


@pytest.mark.parametrize(
    "header",
    [
        "id,question,article,headings,grade,text,kind",
        "ID,Question,Article,Headings,Grade,TEXT,Kind",
        "iD,question,article,headings,grade,Answer,kind",
        "编号,问题,文章,标题,等级,答案,类型",
        " id , question , article , headings , grade , answer , kind ",
    ],
)
def test_columns_are_known_by_english_and_chinese_names(tmp_path: Path, header: str) -> None:
    path = csv_file(tmp_path, header, f"q1,{VISIT},visits,一、上门 > 证件,1,要带证件,plain")
    judged = Judgement(Section("visits", ("一、上门", "证件")), 1, "要带证件")
    assert read_csv_questions(path) == (Question("q1", VISIT, (judged,), "plain"),)


def test_columns_stand_in_any_order_and_unknown_ones_are_passed_over(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "备注,article,,question,备注", f"重要,visits,x,{VISIT},好")
    assert read_csv_questions(path) == (Question(id_of(VISIT), VISIT, (article("visits"),)),)


def test_files_that_spreadsheets_write_are_told_by_their_suffixes() -> None:
    assert CSV_SUFFIXES == (".csv", ".tsv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_commas_semicolons_and_tabs(tmp_path: Path, delimiter: str, end: str) -> None:
    others = "".join(mark for mark in ",;\t" if mark != delimiter)
    rows = (["id", "question", "article"], ["q1", f"会上{others}门吗", "visits"], ["q2", "电话", "calls"])
    path = csv_file(tmp_path, *map(delimiter.join, rows), end=end)
    assert read_csv_questions(path) == (
        Question("q1", f"会上{others}门吗", (article("visits"),)),
        Question("q2", "电话", (article("calls"),)),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_spreadsheets_write(tmp_path: Path, encoding: str, mark: str) -> None:
    path = csv_file(tmp_path, f"{mark}问题;文章", f"{VISIT};visits", encoding=encoding)
    assert read_csv_questions(path) == (Question(id_of(VISIT), VISIT, (article("visits"),)),)


def test_quoted_cells_hold_commas_line_breaks_and_quotation_marks(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        '"id","question","text"',
        '"q,1","会上门吗,\n还是""打电话""？","要带证件,\r\n　并\x0b出示"" 委托书"""',
        'q2,他说"好",好',
    )
    assert read_csv_questions(path) == (
        Question("q,1", '会上门吗,\n还是"打电话"？', (Judgement(None, 2, '要带证件, 并 出示" 委托书"'),)),
        Question("q2", '他说"好"', (Judgement(None, 2, "好"),)),
    )


@pytest.mark.parametrize(
    ("cells", "judgement"),
    [
        ("visits,,,", article("visits")),
        ("visits,,1,", article("visits", grade=1)),
        (",,,要带证件", Judgement(None, 2, "要带证件")),
        (",,1,要带证件", Judgement(None, 1, "要带证件")),
        ("visits,,2,要带证件", article("visits", answer="要带证件")),
        ("visits,一,,", article("visits", "一")),
        ("visits,一 > 二　章 > 三>四,,要带证件", article("visits", "一", "二　章", "三>四", answer="要带证件")),
    ],
)
def test_what_answers_is_named_by_article_text_or_both(tmp_path: Path, cells: str, judgement: Judgement) -> None:
    path = csv_file(tmp_path, "id,question,article,headings,grade,text", f"q1,{VISIT},{cells}")
    assert read_csv_questions(path) == (Question("q1", VISIT, (judgement,)),)


@pytest.mark.parametrize(("header", "start", "id_"), [("id,", "q1,", "q1"), ("", "", id_of(VISIT)), ("id,", ",", None)])
def test_rows_of_one_question_are_its_judgements(tmp_path: Path, header: str, start: str, id_: str | None) -> None:
    path = csv_file(
        tmp_path,
        f"{header}question,article,text,grade,kind",
        f"{start}{VISIT},visits,,2,",
        f"{start.replace('q1', 'q2')}电话,calls,,,",
        f"{start}{VISIT},,要带证件,1,plain",
    )
    judged = (article("visits"), Judgement(None, 1, "要带证件"))
    assert read_csv_questions(path) == (
        Question(id_ or id_of(VISIT), VISIT, judged, "plain"),
        Question("q2" if id_ == "q1" else id_of("电话"), "电话", (article("calls"),)),
    )


def test_the_first_kind_of_a_question_counts(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "question,article,kind", f"{VISIT},a,plain", f"{VISIT},b,typo")
    (question,) = read_csv_questions(path)
    assert question.kind == "plain"


def test_empty_rows_and_cells_are_passed_over(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "", ";", "question;article", "", " ; ", f" {VISIT} ; visits ;;", "短", "电话;calls")
    problems: list[MalformedLineError] = []
    assert read_csv_questions(path, on_problem=problems.append) == (
        Question(id_of(VISIT), VISIT, (article("visits"),)),
        Question(id_of("电话"), "电话", (article("calls"),)),
    )
    assert [problem.where for problem in problems] == [f"{path}:7"]


HEADER = "id,question,article,headings,grade,text,kind"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("q2,,visits,,,,", "the cell 'question' is empty; fill it in"),
        (f"q2,{VISIT},,,,,", "neither article nor text is given; say what answers the question"),
        (f"q2,{VISIT},,,1,,", "neither article nor text is given; say what answers the question"),
        (f"q2,{VISIT},visits,,3,,", "not a question (the grade '3' is neither 1 nor 2); correct the cell"),
        (f"q2,{VISIT},visits,,0,,", "not a question (the grade '0' is neither 1 nor 2); correct the cell"),
        (f"q2,{VISIT},,一,,要带,", "not a question (headings are given without their article); correct the cell"),
        (f"q2,{VISIT},visits,一 >  > 二,,,", "not a question (headings must be a text); correct the cell"),
        (f"q\x07,{VISIT},a,,,,", "not a question (id must hold printable characters only); correct the cell"),
        (f"q\0,{VISIT},a,,,,", "not a question (id must hold printable characters only); correct the cell"),
        (f'"q\n2",{VISIT},a,,,,', "not a question (id must hold printable characters only); correct the cell"),
        (f"q2,{VISIT},a\x1b,,,,", "not a question (article must hold printable characters only); correct the cell"),
        (f"q2,{VISIT},a,\u200b,,,", "not a question (headings must hold printable characters only); correct the cell"),
        (f"q2,{VISIT},a,,,\x07,", "not a question (text must hold printable characters only); correct the cell"),
        (f"q2,{VISIT},a,,,,\x07", "not a question (kind must hold printable characters only); correct the cell"),
        (f"q2,{VISIT},a,,,,,b", '8 cells for 7 columns; put commas between "…"'),
        ("q1,电话,calls,,,,", "the id 'q1' has another question above; give each its own id"),
        ("q1,会上门吗,a,一,1,,", "a#一 is named twice for this question; leave one of them out"),
        ("q1,会上门吗,,,,要　带\x0b好,", "“要 带 好” is named twice for this question; leave one of them out"),
        (
            f'"q2"x,{VISIT},a,,,,',
            "not a row up to line 4 (',' expected after '\"'); mend its quotation marks, or shorten its cells",
        ),
        (
            f"q2,{'会' * (LIMIT + 1)},a,,,,",
            f"not a row up to line 4 (field larger than field limit ({LIMIT})); "
            "mend its quotation marks, or shorten its cells",
        ),
    ],
)
def test_malformed_rows_are_named_and_the_rest_goes_on(tmp_path: Path, row: str, reason: str) -> None:
    good = ("q1,会上门吗,a,一,,,", "q1,会上门吗,,,,要 带 好,")
    path = csv_file(tmp_path, HEADER, *good, row, "q9,电话,calls,,,,")
    problems: list[MalformedLineError] = []
    questions = read_csv_questions(path, on_problem=problems.append)
    assert [(problem.where, problem.reason) for problem in problems] == [(f"{path}:4", reason)]
    assert questions == (
        Question("q1", "会上门吗", (article("a", "一"), Judgement(None, 2, "要 带 好"))),
        Question("q9", "电话", (article("calls"),)),
    )
    with pytest.raises(MalformedLineError) as caught:
        read_csv_questions(path)
    assert str(caught.value) == f"{path}:4: {reason}"


def test_a_cell_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    (question,) = read_csv_questions(csv_file(tmp_path, "question,article", f"{'会' * LIMIT},visits"))
    assert question.text == "会" * LIMIT


def test_rows_are_named_by_the_line_that_they_begin_on(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        '问题,文章,"备\n注"',
        '"会\r\n上门\n吗",visits,',
        ",第四行以后,",
        '"第\n一",,',
        "电话,calls,",
    )
    problems: list[MalformedLineError] = []
    questions = read_csv_questions(path, on_problem=problems.append)
    assert [question.text for question in questions] == ["会\r\n上门\n吗", "电话"]
    assert [problem.where for problem in problems] == [f"{path}:6", f"{path}:7"]


def test_an_unbalanced_quotation_mark_names_the_lines_it_takes_along(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "question,article", "一,a", '"二,b', "三,c", '"四",d', "五,e", '"六,f', "七,g")
    problems: list[MalformedLineError] = []
    questions = read_csv_questions(path, on_problem=problems.append)
    assert [question.text for question in questions] == ["一", "五"]
    advice = "mend its quotation marks, or shorten its cells"
    assert list(map(str, problems)) == [
        f"{path}:3: not a row up to line 5 (',' expected after '\"'); {advice}",
        f"{path}:7: not a row up to line 8 (unexpected end of data); {advice}",
    ]


@pytest.mark.parametrize("rest", ["", "一,a"])
def test_a_header_with_an_unbalanced_quotation_mark_is_the_end(tmp_path: Path, rest: str) -> None:
    path = csv_file(tmp_path, '"question"x,article', "question,article", rest)
    problems: list[MalformedLineError] = []
    with pytest.raises(QuestionSetError, match=r"q\.csv:1: not a row up to line 1 "):
        read_csv_questions(path, on_problem=problems.append)
    assert problems == []


def test_unanswerable_sets_need_no_answers(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "问题,类型", "花呗怎么关,near-miss", "昨晚谁赢了,", "花呗怎么关,far-off")
    problems: list[MalformedLineError] = []
    assert read_csv_questions(path, judged=False, on_problem=problems.append) == (
        Question(id_of("花呗怎么关"), "花呗怎么关", (), "near-miss"),
        Question(id_of("昨晚谁赢了"), "昨晚谁赢了", ()),
    )
    assert list(map(str, problems)) == [f"{path}:4: the same question stands above; leave one of them out"]


def test_one_column_is_enough_for_unanswerable_sets(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "question", "What, then?", '"谁,赢了"', end="\n")
    problems: list[MalformedLineError] = []
    (question,) = read_csv_questions(path, judged=False, on_problem=problems.append)
    assert question.text == "谁,赢了"
    assert list(map(str, problems)) == [f'{path}:2: 2 cells for 1 columns; put commas between "…"']


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["query,article", "一,a"],
            r"q\.csv has the columns query, article; "
            r"question \(问题\) was wanted, and article \(文章\) or text \(答案\)$",
        ),
        (["question,text,答案", "一,a,b"], r"q\.csv has more than one column for text; leave one of each$"),
        (["question,text,问题,ANSWER", "一,a,b,c"], r"q\.csv has more than one column for question, text; leave"),
        ([], r"q\.csv holds no question; write one a row$"),
        (["", " "], r"q\.csv holds no question; write one a row$"),
        (["question,article"], r"q\.csv holds no question; write one a row$"),
        (["question,article", ",a"], r"q\.csv holds no question; write one a row$"),
    ],
)
def test_files_without_a_question_are_refused(tmp_path: Path, rows: list[str], message: str) -> None:
    problems: list[MalformedLineError] = []
    with pytest.raises(QuestionSetError, match=message):
        read_csv_questions(csv_file(tmp_path, *rows), on_problem=problems.append)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"q\.csv: there is no such file; check the name$"):
        read_csv_questions(tmp_path / "q.csv")
    (tmp_path / "q.csv").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    with pytest.raises(QuestionSetError, match=r"cannot be read as text \(it is not a text file .*\); check the file$"):
        read_csv_questions(tmp_path / "q.csv")
    with pytest.raises(QuestionSetError, match="cannot be read as text .*directory"):
        read_csv_questions(tmp_path)


def test_one_section_may_answer_with_two_texts(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(
        "question,article,headings,text\n看什么,a,一,工作证\n看什么,a,一,委托书\n看什么,a,一,\n", encoding="utf-8"
    )
    (question,) = read_csv_questions(path)
    section = Section("a", ("一",))
    assert question.judgements == (
        Judgement(section, 2, "工作证"),
        Judgement(section, 2, "委托书"),
        Judgement(section, 2, None),
    )
