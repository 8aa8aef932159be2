"""Say what a client must show before the results."""

from collections.abc import Sequence

from corpus.records import Danger

# As of 2026, 12356 answers in all of China; 110 is the police, 120 the ambulance.
URGENT = {
    Danger.SELF_HARM: (
        "如果你或身边的人有伤害自己的念头，请现在就拨打全国统一心理援助热线12356；情况紧急，请拨打110或120。"
        "债可以慢慢处理，人先平安。"
    ),
    Danger.VIOLENCE: (
        "如果有人正在伤害、威胁你，或者不让你离开，请马上拨打110，先到安全的地方；有人受伤，请拨打120。"
        "心里撑不住时，全国统一心理援助热线12356有人接听。"
    ),
}
NOT_ADVICE = "这里提供的是一般信息，不是法律意见。"


def notices_for(dangers: Sequence[Danger]) -> list[str]:
    """Return the urgent lines in the order of the dangers, then that nothing of this is legal advice."""
    return [*(URGENT[danger] for danger in dangers), NOT_ADVICE]
