"""Make results by hand, small enough to know each number."""

from dataclasses import replace

from embeddings.evaluation.results import (
    BY_ANSWER,
    RESULTS_VERSION,
    Answerability,
    Bin,
    Comparison,
    Cut,
    Difference,
    Estimate,
    Hit,
    Interval,
    Outcome,
    Pair,
    Results,
    ShownPassage,
    Slice,
    SliceDifference,
    System,
    Wanted,
)

# Whatever a stranger may write to end a script, run code, load something, or turn the text around.
HOSTILE = (
    "</script><script>alert(1)</script><img src=http://x.invalid/ onerror=alert(2)>]]>--><!-- <script "
    "{{ 7*7 }}{% x %}\x00\x1b[31m\u202e反\u2028&lt;'\""
)
SHOWN_HOSTILE = (
    HOSTILE.replace("\x00", r"\x00").replace("\x1b", r"\x1b").replace("\u202e", r"\u202e").replace("\u2028", r"\u2028")
)
PASSAGES = {
    "p1": ShownPassage("上门", ("证件",), "上门要带\n证件，不带不开门。"),
    "p2": ShownPassage("电话", (), "一天不超过三次。"),
    "p3": ShownPassage("征信", ("多久", "五年"), "保存五年。"),
}


def estimate(value: float, half: float | None = 0.05) -> Estimate:
    """Return an estimate whose interval goes as far below its value as above, or that has none."""
    return Estimate(value, None if half is None else Interval(value - half, value + half))


def hit(passage: str, score: float, grade: int | None = None, holds_answer: bool = False) -> Hit:
    """Return a hit."""
    return Hit(passage, f"section of {passage}", score, grade, holds_answer)


def asked(id_: str, ndcg: float | None, *hits: Hit, kind: str | None = "plain", must_find: bool = False) -> Outcome:
    """Return the outcome of a question that wants passage p1; an unanswerable one without a measure."""
    wanted = (Wanted("visits#证件", 2, "要带证件"), Wanted("calls", 1), Wanted("records", 0))
    return Outcome(
        id=id_,
        text=f"问题{id_}？",
        kind=kind,
        must_find=must_find,
        is_answerable=ndcg is not None,
        wanted=() if ndcg is None else wanted,
        values={} if ndcg is None else {"nDCG@10": ndcg, "RR@10": ndcg / 2},
        hits=hits,
    )


OUTCOMES = (
    asked("d-1", 0.9, hit("p1", 0.91, 2, True), hit("p2", 0.8, 1), hit("p3", 0.7, 0), must_find=True),
    asked("d-2", 0.25, hit("p3", 0.6), hit("p1", 0.5, 2, True), kind="typo"),
    asked("d-3", 0.0, hit("p2", 0.55, 1), must_find=True),
    asked("d-4", 1.0, kind="typo"),
    asked("u-1", None, hit("p3", 0.65), kind="far-off"),
)
SYSTEM = System("index", "2026-snapshot", "e5-small", 3, "5e771265", "hybrid", 50)


def results(
    *outcomes: Outcome, system: System = SYSTEM, kind: str = "plain", passages: ShownPassage | None = None
) -> Results:
    """Return results of the outcomes; the measures are not theirs, but numbers that differ.

    Args:
        outcomes: `OUTCOMES` if there are none.
        system: that answered.
        kind: of a slice.
        passages: what all passages are replaced by.
    """
    measures = {
        "nDCG@10": estimate(0.5375),
        "R@5": estimate(0.4, None),
        "AP": estimate(0.3),
        f"nDCG@10{BY_ANSWER}": estimate(0.45),
    }
    slices = (
        Slice(Cut.KIND, kind, 2, {"nDCG@10": estimate(0.45), "RR@10": estimate(0.1), "R@5": estimate(0.2)}),
        Slice(Cut.KIND, "typo", 10, {"nDCG@10": estimate(0.625), f"Success@5{BY_ANSWER}": estimate(0.75)}),
        Slice(Cut.ARTICLE, "visits", 4, {"nDCG@10": estimate(0.5375)}),
    )
    answerability = Answerability(
        answerable=4,
        unanswerable=1,
        threshold=0.55,
        measures={"AUROC": estimate(0.25), "FPR@95": estimate(1.0, None), "Brier": estimate(0.3)},
        kinds=(Slice(Cut.KIND, "far-off", 1, {"AUROC": estimate(0.2, None)}),),
        calibration=(Bin(0.25, 0.0, 3), Bin(0.75, 0.5, 2)),
    )
    return Results(
        version=RESULTS_VERSION,
        created="2026-11-22T10:00:00+00:00",
        system=system,
        questions=("dev.jsonl", "none.jsonl"),
        judgements_hash="1d6e",
        measures=measures,
        slices=slices,
        answerability=answerability,
        outcomes=outcomes or OUTCOMES,
        passages=PASSAGES if passages is None else dict.fromkeys(PASSAGES, passages),
        left_out={"dev.jsonl:7": "not a question"},
        refused={"d-4": "the question is empty"},
        quotes=5,
        cut_quotes=2,
    )


def hostile() -> Results:
    """Return results in which whatever comes from outside is hostile."""
    wanted = (Wanted(HOSTILE, 2, "反"), Wanted(HOSTILE, 1, HOSTILE))
    outcome = replace(OUTCOMES[0], id=HOSTILE, text=HOSTILE, kind=HOSTILE, wanted=wanted)
    system = replace(SYSTEM, place=HOSTILE, snapshot=HOSTILE, encoder=HOSTILE, settings=HOSTILE, mode=HOSTILE)
    made = results(
        outcome, system=system, kind=HOSTILE, passages=ShownPassage(HOSTILE, (HOSTILE,), f"{HOSTILE}\n{HOSTILE}")
    )
    return replace(made, questions=(HOSTILE,), created=HOSTILE, left_out={HOSTILE: HOSTILE}, refused={HOSTILE: HOSTILE})


def comparison(first: Results, second: Results) -> Comparison:
    """Return what became of each question, in the order of `won` and `lost`; the means are numbers that differ."""
    pairs = [
        Pair(one, other, other.values["nDCG@10"] - one.values["nDCG@10"])
        for one, other in zip(first.outcomes, second.outcomes, strict=True)
        if one.is_answerable
    ]
    return Comparison(
        first=first,
        second=second,
        measure="nDCG@10",
        questions=len(pairs),
        differences={
            "nDCG@10": Difference(0.5, 0.625, estimate(0.125, 0.0625), 0.0004),
            f"nDCG@10{BY_ANSWER}": Difference(0.5, 0.375, estimate(-0.125, 0.25), 0.5),
            "Judged@5": Difference(0.75, 0.625, estimate(-0.125, 0.0625), 0.0004),
        },
        slices=(SliceDifference(Cut.KIND, "typo", 2, Difference(0.75, 0.5, estimate(-0.25, 0.125), 0.0123)),),
        won=tuple(sorted((pair for pair in pairs if pair.difference > 0), key=lambda pair: -pair.difference)),
        lost=tuple(sorted((pair for pair in pairs if pair.difference < 0), key=lambda pair: pair.difference)),
        alone=("x-1",),
    )


FIRST = results()
# The same questions by another system: the first lost, the second won, the others as they were.
SECOND = results(
    asked("d-1", 0.5, hit("p2", 0.5), must_find=True),
    asked("d-2", 0.75, hit("p1", 0.99, 2, True), kind="typo"),
    *OUTCOMES[2:],
    system=replace(SYSTEM, mode="dense"),
)
