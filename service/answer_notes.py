"""Take note of answers: count them and, where the operator wants that, log scrubbed questions."""

from embeddings.records import Answer
from service.metrics import Metrics
from service.question_log import QuestionLog


class AnswerNotes:
    """Tell the metrics and the log of questions, where there is one."""

    def __init__(self, metrics: Metrics, question_log: QuestionLog | None) -> None:
        self._metrics = metrics
        self._question_log = question_log

    def answered(self, question: str, answer: Answer) -> None:
        """Take note of a question's answer."""
        self._metrics.count_answer(answer.answerable)
        if self._question_log is not None:
            self._question_log.write(question, answer.answerable)
