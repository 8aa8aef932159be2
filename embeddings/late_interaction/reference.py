"""Find the token space of an encoder, whatever is indexed with it."""

from embeddings.late_interaction.token_space import TokenSpace, fit_token_space
from embeddings.protocols import Encoder
from embeddings.reference_texts import reference_passages, reference_sentences

# nDCG@10 of the hybrid search on dev, reranked: 64: .578, 96: .579, 128: .582, all 384: .580.
TOKEN_DIMENSIONS = 64
_SHORTEST = 8


def reference_space(encoder: Encoder) -> TokenSpace:
    """Return the space of the tokens that an encoder makes of the same texts every time.

    So the tokens of a passage depend on its own text alone, and need not be placed anew when others change. They need
    not be of the texts that are indexed: which directions tell tokens apart depends on the encoder more than on the
    text. nDCG@10 on dev by what they are: the reference texts without titles and headings .596, with them .601,
    all passages of the index itself .602, two samples of those .604.
    """
    lines, sentences = reference_passages(), reference_sentences()
    # Few models read less than the longest line; a short one of some characters anything reads.
    passages = _fitting(encoder, lines) or _fitting(encoder, sentences) or [line[:_SHORTEST] for line in lines]
    questions = _fitting(encoder, sentences)
    return fit_token_space(
        [one.tokens for one in encoder.encode_passages_by_token(passages)],
        # One by one: beside others, a text's vectors differ in their last bits.
        [encoder.encode_queries_by_token([one])[0].tokens for one in questions],
        TOKEN_DIMENSIONS,
    )


def _fitting(encoder: Encoder, texts: list[str]) -> list[str]:
    """Return the texts that the encoder reads whole, as questions or as passages."""
    # Counted with the prompt of passages in front of that of questions: more than either alone.
    lengths = encoder.count_tokens([encoder.info.prompts.query + text for text in texts])
    return [text for text, length in zip(texts, lengths, strict=True) if length <= encoder.info.max_tokens]
