"""Match each prompt with a response; a response may serve several prompts or none.

Refuses to know faces, files and progress. An answer is {prompt's id: response's id}.
"""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds import lettered, parts
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.markup import alike, parse, plain
from kmslab.quiz.model import (
    AnswerError,
    ItemHead,
    Letter,
    Mark,
    Misconception,
    Remark,
    Text,
    Verdict,
)
from kmslab.quiz.order import shuffled


class Prompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What asks for a response, with the reason for the right one."""

    id: Letter
    text: Text
    match: Annotated[Letter, Meta(description="The id of the right response.")]
    why: Text


class Response(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What prompts are matched with; `why` is told where it was given to a wrong prompt."""

    id: Letter
    text: Text
    why: Text
    misconception: Misconception | None = None


class Matching(ItemHead, frozen=True, kw_only=True, tag="matching"):
    """Every prompt has its response."""

    prompts: Annotated[tuple[Prompt, ...], Meta(min_length=2, max_length=7)]
    responses: Annotated[tuple[Response, ...], Meta(min_length=2, max_length=8)]


def key(item: Matching) -> dict[str, str]:
    """Return the right response of each prompt."""
    return {prompt.id: prompt.match for prompt in item.prompts}


def view(item: Matching, seed: int) -> View:
    """Return prompts as written, and responses in the order of this seed."""
    responses = shuffled(item.responses, seed=seed, salt=item.id, name=lambda each: each.id)
    return {
        "prompts": [{"id": each.id, "text": parse(each.text)} for each in item.prompts],
        "options": [{"id": each.id, "text": parse(each.text)} for each in responses],
    }


def judge(item: Matching, answer: object) -> Verdict:
    """Judge the pairs: all for the exam, the share of right ones for practice."""
    given = parts.given(answer, [prompt.id for prompt in item.prompts], "prompt")
    responses = {each.id: each for each in item.responses}
    if unknown := set(given.values()) - set(responses):
        raise AnswerError(f"There is no response {min(unknown)}.")
    remarks = [_remark(each, responses[given[each.id]], responses) for each in item.prompts]
    return parts.verdict(remarks, [remark.mark is Mark.HIT for remark in remarks])


def _remark(prompt: Prompt, given: Response, responses: dict[str, Response]) -> Remark:
    told = alike(f"{lettered.said(responses[prompt.match].text)}: {prompt.why}", prompt.why)
    if given.id == prompt.match:
        return Remark(prompt.id, Mark.HIT, prompt.why, key=told)
    return Remark(prompt.id, Mark.WRONG, given.why, given.misconception, told)


def lines(shown: View) -> list[str]:
    """Return the numbered prompts, then the lettered responses."""
    texts = [plain(each["text"]) for each in shown["prompts"]]
    prompts = [alike(f"  {n}. {text}", text) for n, text in enumerate(texts, 1)]
    return [*prompts, "", *lettered.lines(shown["options"])]


def ask(shown: View) -> str:
    """Say how many letters to type."""
    return f"{len(shown['prompts'])} letters, one for each number (as: b a b)"


def names(shown: View) -> dict[str, str]:
    """Return the numbers of the prompts."""
    return {each["id"]: f"{n}." for n, each in enumerate(shown["prompts"], 1)}


def parse_line(shown: View, line: str) -> dict[str, str]:
    """Read "b a b": a letter for each prompt in turn."""
    known = {lettered.letter(n): each["id"] for n, each in enumerate(shown["options"])}
    letters = [each for each in line.lower() if each not in " ,"]
    prompts = [each["id"] for each in shown["prompts"]]
    if len(letters) != len(prompts) or not all(each in known for each in letters):
        raise AnswerError(f"Answer with {len(prompts)} letters from {', '.join(known)}.")
    return {name: known[each] for name, each in zip(prompts, letters, strict=True)}


def differs(item: Matching, proved: object) -> str | None:
    """Compare a proof's {prompt's id: response's id, or None for undecided} with the key."""
    if wrong := parts.proved(proved, list(key(item))):
        return wrong
    for name, right in key(item).items():
        found = proved[name]  # type: ignore[index]  # parts.proved has seen a mapping
        if found not in (right, None):
            return f"prompt {name} has response {right} in the key, and proved {found!r}"
    return None


def faults(item: Matching) -> Iterator[Wrong]:
    """Name repeated ids, responses that do not exist, and ids that give the key away."""
    prompts = [each.id for each in item.prompts]
    responses = [each.id for each in item.responses]
    yield from lettered.repeated(prompts, ".prompts", "prompt")
    yield from lettered.repeated(responses, ".responses", "response")
    for place, each in enumerate(item.prompts):
        if each.match not in responses:
            wrong = f"there is no response {each.match}"
            yield f".prompts[{place}].match", wrong, f"the responses are {', '.join(responses)}"
    if prompts == [each.match for each in item.prompts]:
        wrong = "each prompt has the letter of its response, and faces see letters"
        yield ".prompts", wrong, "mix the letters"
