"""Check a question before it is searched."""

from embeddings.errors import QuestionError

# Above what any encoder of 512 tokens reads (about 1.5 characters a token); bounds the work that
# a stranger can cause before tokens are counted.
MAX_QUESTION_CHARACTERS = 1_000


def check_question(text: str) -> str:
    """Return the question without white space around it.

    Raises:
        QuestionError: it is empty, longer than `MAX_QUESTION_CHARACTERS`, or no valid Unicode.
    """
    question = text.strip()
    if not any(character.isalnum() for character in question):
        raise QuestionError("the question is empty; ask one in words, for example 微粒贷逾期会上门吗")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(question)} characters, at most {MAX_QUESTION_CHARACTERS} are read; "
            "leave out what the answer does not depend on"
        )
    try:
        question.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError("the question holds half a character (a lone surrogate); send valid Unicode") from error
    return question
