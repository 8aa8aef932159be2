"""Tell what a rebuild did, or would do: as sentences, and as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from corpus.records import Problem
from corpus.unicode import printable
from embeddings.errors import SnapshotError
from embeddings.files import write_atomically
from embeddings.store.planning import Plan
from embeddings.store.request import ArticleChanges, BuildSummary, Verdict

_NAMED = 10


def summary_lines(summary: BuildSummary, index: Path) -> Iterator[str]:
    """Yield what a build did."""
    counts = (
        f"{summary.articles} articles, {summary.passages} passages "
        f"({summary.copies} of them in {summary.groups} groups of near-duplicates)"
    )
    if summary.problems:
        counts += f", {len(summary.problems)} left out"
    if not summary.built:
        yield f"{index} is up to date: {counts}, snapshot {summary.snapshot}"
        return
    changes = summary.changes
    yield (
        f"{len(changes.added)} articles new, {len(changes.changed)} changed, {len(changes.removed)} removed; "
        f"{summary.encoded} passages encoded, {summary.taken_over} taken over, {summary.seconds:.1f} s"
    )
    yield from summary.verdict.notes
    for refusal in summary.verdict.refusals:
        yield f"published all the same ({summary.forced}): {refusal}"
    yield f"{index} now serves {counts}, snapshot {summary.snapshot}"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield what a build would do."""
    changes = plan.changes
    for title, names in (("new", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        shown = "".join(f"\n  {printable(name)}" for name in names[:_NAMED])
        more = f"\n  … and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{len(names)} {title}{shown}{more}"
    yield f"{changes.unchanged} unchanged"
    for problem in plan.problems:
        yield f"left out {problem}"
    if plan.encodes_all:
        yield "every passage would be encoded: there is no whole index of this model to build upon"
    elif plan.cuts_all:
        yield "every article would be cut anew: the sizes of passages or the program have changed"
    yield "nothing was written"


def write_summary(path: Path, summary: BuildSummary) -> None:
    """Write what a build did."""
    _write(
        path,
        {
            "status": "published" if summary.built else "up to date",
            "snapshot": summary.snapshot,
            "articles": summary.articles,
            "passages": summary.passages,
            "encoded": summary.encoded,
            "taken_over": summary.taken_over,
            "duplicate_passages": summary.copies,
            "duplicate_groups": summary.groups,
            "changed_while_read": summary.changed,
            "forced": summary.forced,
            "seconds": round(summary.seconds, 3),
            **_changes(summary.changes),
            **_verdict(summary.verdict),
            **_problems(summary.problems),
        },
    )


def write_refusal(path: Path, verdict: Verdict) -> None:
    """Write why nothing was published."""
    _write(path, {"status": "refused", **_verdict(verdict)})


def write_plan(path: Path, plan: Plan) -> None:
    """Write what a build would do."""
    _write(
        path,
        {
            "status": "planned",
            "cuts_all": plan.cuts_all,
            "encodes_all": plan.encodes_all,
            **_changes(plan.changes),
            **_problems(plan.problems),
        },
    )


def _changes(changes: ArticleChanges) -> dict[str, object]:
    return {
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
        "unchanged": changes.unchanged,
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {"refusals": verdict.refusals, "notes": verdict.notes, "measured": verdict.measured}


def _problems(problems: Sequence[Problem]) -> dict[str, object]:
    return {"left_out": {problem.path: problem.message for problem in problems}}


def _write(path: Path, fields: Mapping[str, object]) -> None:
    try:
        write_atomically(path, json.dumps(fields, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise SnapshotError(f"{path} cannot be written ({error.strerror}); name another file") from error
