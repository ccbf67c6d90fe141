"""Rules of item writing that a program can check: what gives a key away, what makes a stem hard.

After the taxonomy of Haladyna, Downing and Rodriguez (2002), as far as it can be read from the
text. Advice, not faults: a file that breaks them can be used. An item that breaks one on purpose
says so in `despite`. Refuses to know files and what a service offers; that is handed in.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from kmslab.quiz.catalog import Item
from kmslab.quiz.exams import exams
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.hotspot import Hotspot
from kmslab.quiz.kinds.lettered import said
from kmslab.quiz.kinds.task import Expectation, Task
from kmslab.quiz.kinds.truth import TrueFalse
from kmslab.quiz.model import beliefs_at
from kmslab.quiz.offers import choices, number, offered

Broken = tuple[str, str, str]  # path below the item, what is wrong, what would be right


class Known(msgspec.Struct, frozen=True):
    """What the rules cannot know. Empty: unchecked.

    `names`: names of the API and of policies, as they are spelled. `folded`: in lower case and
    without a prefix, names whose case is free. `sections`: each lab's headings. `beliefs`: the
    registry of misconceptions. `unaskable`: why a task must not ask something. `today`: the day by which facts are stale.
    """

    names: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    sections: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    beliefs: frozenset[str] = frozenset()
    unaskable: Callable[[Expectation], Broken | None] = lambda _: None
    today: dt.date | None = None


_FENCE = re.compile(r"```.*?```", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.?!:])\s+")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


def question(item: Item) -> str:
    """Return the sentence of the stem that asks."""
    asks = [each for each in _SENTENCE.split(_CODE.sub("X", item.stem).strip()) if "?" in each]
    return asks[-1] if asks else ""


def one_question(item: Item, _: Known) -> Iterator[Broken]:
    """Ask one question, so that one answer can be right."""
    asked = _CODE.sub("X", item.stem).count("?")
    if asked > 1:
        yield ".stem", f"{asked} questions", "ask one; make an item of each"
    if not asked and isinstance(item, Single | Multiple):
        yield ".stem", "no question", "end the stem with the question"


def stated_number(item: Item, _: Known) -> Iterator[Broken]:
    """Say in capitals how many are to be picked, as the exams do."""
    picks = 0
    if isinstance(item, Multiple):
        picks = sum(option.correct for option in item.options)
    elif isinstance(item, Hotspot):
        picks = sum(spot.correct for spot in item.text)
    words = ("", "", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN")
    if picks > 1 and words[picks] not in item.stem:
        yield ".stem", f"{picks} are right, and the stem does not say so", f"write {words[picks]}"


def bare_stem(item: Item, _: Known) -> Iterator[Broken]:
    """Put the idea into the stem: a bare "Which is true?" makes the options carry it."""
    if isinstance(item, Single | Multiple) and len(item.stem.split()) < MIN_STEM:
        yield ".stem", f"a stem of {len(item.stem.split())} words", "tell the situation in it"


MIN_STEM = 5


def reading_level(item: Item, _: Known) -> Iterator[Broken]:
    """Write stems that are read easily: by LIX, words in a sentence and the share of long ones."""
    if (found := lix(item.stem)) > MAX_LIX:
        yield (
            ".stem",
            f"LIX {found:.0f}, as hard to read as a law",
            "use shorter words or sentences",
        )


def lix(text: str) -> float:
    """Return the readability index of Björnsson (1968), code counting as a word; 0 of a few words."""
    plain = _CODE.sub("X", text).strip()
    words = _WORD.findall(plain)
    if len(words) < MIN_READ:
        return 0.0
    sentences = sum(bool(_WORD.search(each)) for each in _SENTENCE.split(plain))
    long = sum(len(word) > LONG for word in words)
    return len(words) / sentences + 100 * long / len(words)


MAX_LIX = 55  # from 50 on a text is difficult, from 60 on very difficult
MIN_READ = 20  # words
LONG = 6  # letters


def sentence_length(item: Item, _: Known) -> Iterator[Broken]:
    """Keep sentences short: what is tested is not reading."""
    for sentence in _SENTENCE.split(_CODE.sub("X", item.stem)):
        if (words := len(sentence.split())) > MAX_WORDS:
            yield ".stem", f"a sentence of {words} words", f"use at most {MAX_WORDS}"


MAX_WORDS = 32


def capital_negative(item: Item, _: Known) -> Iterator[Broken]:
    """Write a negative in a question in capitals; it is overlooked otherwise."""
    if found := re.search(r"\b(not|except|never|least likely|cannot)\b", question(item)):
        yield ".stem", f"the question says {found[1]}", "ask for what is so, or use capitals"


def capital_qualifier(item: Item, _: Known) -> Iterator[Broken]:
    """Write what makes one answer best in capitals, as the exams do."""
    if found := re.search(r"\b(most|least|best|first|fewest|lowest)\b", question(item)):
        yield ".stem", f"the question says {found[1]}", f"write {found[1].upper()}"


def option_count(item: Item, _: Known) -> Iterator[Broken]:
    """Offer three to five options of which one is right, four to six where several are."""
    low, high = (4, 6) if isinstance(item, Multiple) else (3, 5)
    if isinstance(item, Single | Multiple) and not low <= len(item.options) <= high:
        yield ".options", f"{len(item.options)} options", f"offer {low} to {high}"


def of_the_above(item: Item, _: Known) -> Iterator[Broken]:
    """Offer no "all of the above": it tests something else."""
    for where, option in _options(item):
        if re.search(
            r"\b(all|none|both|neither) of (the above|these|them)\b", option.text, re.IGNORECASE
        ):
            yield where, "an option about the options", "say what it stands for"


def absolute_words(item: Item, _: Known) -> Iterator[Broken]:
    """Use no absolute word in a distractor alone: it gives the distractor away."""
    for group in choices(item):
        if any(_ABSOLUTE.search(said(option.text)) for option in group.right):
            continue
        for place, option in enumerate(group.options):
            if not option.correct and (found := _ABSOLUTE.search(said(option.text))):
                where = f"{group.where}[{place}].text"
                yield where, f"{found[0]} stands in a distractor alone", "say it without"


_ABSOLUTE = re.compile(
    r"\b(always|never|only|every|all|none|impossible|completely)\b", re.IGNORECASE
)


def clang(item: Item, _: Known) -> Iterator[Broken]:
    """Let no word of the stem stand in the key alone: it sounds like the answer."""
    stem = _words(_FENCE.sub("", item.stem))  # an exhibit may name what is asked about
    for group in choices(item):
        shared = set.intersection(*(_words(option.text) for option in group.right)) & stem
        for option in group.wrong:
            shared -= _words(option.text)
        if shared:
            word = min(shared)
            yield group.where, f"{word} of the stem stands in the key alone", "use it elsewhere too"


def _words(text: str) -> set[str]:
    """Return the words that could ring, without endings."""
    found = (word.casefold() for word in _WORD.findall(said(text)))
    return {re.sub(r"(ed|es|s)$", "", word) for word in found if len(word) > MAX_PLAIN}


MAX_PLAIN = 6  # letters; shorter words are the mortar of any sentence


def telling_length(item: Item, _: Known) -> Iterator[Broken]:
    """Make the key no longer than its distractors by half."""
    for group in choices(item):
        if not isinstance(item, Single | TrueFalse) or not group.wrong:
            continue
        key = max(len(said(option.text)) for option in group.right)
        longest = max(len(said(option.text)) for option in group.wrong)
        if key > MIN_TELLING and key > 1.5 * longest:
            yield group.where, f"the key has {key} letters, the rest at most {longest}", "even out"


MIN_TELLING = 40  # letters; among short options length tells nothing


def parallel_options(item: Item, _: Known) -> Iterator[Broken]:
    """Write options alike: all with a full stop, or none."""
    for group in choices(item):
        stops = {said(option.text).endswith(".") for option in group.options}
        if len(stops) > 1:
            yield group.where, "some options end with a full stop", "end all or none with one"


def odd_form(item: Item, _: Known) -> Iterator[Broken]:
    """Write options of one kind: the only number, or the only code, is seen at once."""
    for group in choices(item):
        right = {_form(option.text) for option in group.right}
        if group.wrong and right.isdisjoint(_form(option.text) for option in group.wrong):
            yield group.where, f"the key alone is {min(right)}", "write options of one kind"


def _form(text: str) -> str:
    """Return what kind of text an option is."""
    if number(text) is not None:
        return "a number"
    return "code" if re.fullmatch(r"`[^`]+`\.?", text.strip()) else "a phrase"


def repeated_opening(item: Item, _: Known) -> Iterator[Broken]:
    """Put what all options repeat into the stem."""
    for group in choices(item):
        openings = {tuple(said(option.text).split()[:3]) for option in group.options}
        if len(openings) == 1 and len(min(openings)) == 3:  # noqa: PLR2004 - three words
            yield group.where, f"all begin with {' '.join(min(openings))}", "move it to the stem"


def same_options(item: Item, _: Known) -> Iterator[Broken]:
    """Offer no two options that say the same."""
    for group in choices(item):
        seen: set[str] = set()
        for place, option in enumerate(group.options):
            form = " ".join(_WORD.findall(option.text.casefold()) + re.findall(r"\d+", option.text))
            if form and form in seen:
                yield f"{group.where}[{place}].text", "says what another option says", "replace it"
            seen.add(form)


def sorted_numbers(item: Item, _: Known) -> Iterator[Broken]:
    """Write numbers in ascending order; they are shown so."""
    for group in choices(item):
        numbers = [number(option.text) for option in group.options]
        known = [each for each in numbers if each is not None]
        if len(known) == len(numbers) and known != sorted(known):
            yield group.where, "numbers out of order", "write the smallest first"


def reasons_that_teach(item: Item, _: Known) -> Iterator[Broken]:
    """Give reasons, not verdicts: "Wrong." is none."""
    for where, option in _options(item):
        if len(option.why.split()) < MIN_REASON:
            place = where.removesuffix(".text") + ".why"
            yield place, f"{option.why!r} is no reason", f"use {MIN_REASON} words at least"


MIN_REASON = 3


def known_names(item: Item, known: Known) -> Iterator[Broken]:
    """Invent no name of the API or of policies."""
    if not known.names:
        return
    texts = [(".stem", item.stem), *((where, option.text) for where, option in _options(item))]
    for where, text in texts:
        for name in _NAME.findall(" ".join(re.findall(r"`([^`]+)`", text))):
            bare = name.removeprefix("kms:")
            if bare not in known.names and bare.lower() not in known.folded:
                yield where, f"the API has no {name}", "correct it, or name the rule in `despite`"


_NAME = re.compile(r"\b(?:kms:[A-Z]\w+|[A-Z][a-z]+(?:[A-Z][a-z0-9]+)+)\b(?!\*)")  # wildcards aside


def lab_sections(item: Item, known: Known) -> Iterator[Broken]:
    """Name a section that the lab has."""
    headings = known.sections.get(item.lab.name)
    if headings is not None and item.lab.section not in headings:
        wrong = f"lab {item.lab.name} has no section {item.lab.section}"
        yield ".lab.section", wrong, "copy the heading from the notebook"


def known_exams(item: Item, _: Known) -> Iterator[Broken]:
    """Name exams that are held, and tasks of theirs that are about keys."""
    for place, named in enumerate(item.exams):
        code, task = named.partition(" ")[::2]
        plan = exams().get(code)
        if plan is None:
            yield f".exams[{place}]", f"no exam {code} is held", f"those are {', '.join(exams())}"
        elif task and task not in plan.tasks:
            right = f"those about keys are {', '.join(plan.tasks)}"
            yield f".exams[{place}]", f"{code} has no task {task}", right


def known_beliefs(item: Item, known: Known) -> Iterator[Broken]:
    """Name a misconception that the registry has, so that items and checks mean the same."""
    for where, belief in beliefs_at(item):
        if known.beliefs and belief not in known.beliefs:
            right = "add it to kmslab/lab/misconceptions.toml, or use one of its names"
            yield where, f"no misconception {belief} is known", right


def named_belief(item: Item, _: Known) -> Iterator[Broken]:
    """Name the wrong belief behind each distractor: it tells what to learn, and makes it plausible."""
    for where, option in offered(item):
        if not option.correct and option.misconception is None:
            wrong = f"option {option.id} is wrong, and no misconception is named"
            yield where, wrong, "add `misconception: mc.some-belief`"


def askable_questions(item: Item, known: Known) -> Iterator[Broken]:
    """Ask a world what changes nothing, holds no secret, and is in the API."""
    for place, each in enumerate(item.expect if isinstance(item, Task) else ()):
        if wrong := known.unaskable(each):
            where, *told = wrong
            yield f".expect[{place}]{where}", told[0], told[1]


def fresh_facts(item: Item, known: Known) -> Iterator[Broken]:
    """Check facts again every twelve months."""
    if known.today is not None and known.today - item.as_of > STALE:
        months = (known.today - item.as_of).days // 30
        yield ".as_of", f"last checked {months} months ago", "check the facts, and date the item"
    if known.today is not None and item.as_of > known.today:
        yield (
            ".as_of",
            f"dated {item.as_of}, which is to come",
            "date it when the facts are checked",
        )


STALE = dt.timedelta(days=365)


def _options(item: Item) -> Iterator[tuple[str, Option]]:
    for group in choices(item):
        for place, option in enumerate(group.options):
            yield f"{group.where}[{place}].text", option


RULES: dict[str, Callable[[Item, Known], Iterator[Broken]]] = {
    rule.__name__.replace("_", "-"): rule
    for rule in (
        one_question,
        bare_stem,
        reading_level,
        stated_number,
        sentence_length,
        capital_negative,
        capital_qualifier,
        option_count,
        of_the_above,
        absolute_words,
        clang,
        telling_length,
        parallel_options,
        odd_form,
        repeated_opening,
        same_options,
        sorted_numbers,
        reasons_that_teach,
        known_names,
        lab_sections,
        known_exams,
        known_beliefs,
        named_belief,
        askable_questions,
        fresh_facts,
    )
}


def broken(item: Item, known: Known) -> Iterator[tuple[str, Broken]]:
    """Yield each rule that the item breaks and does not excuse, and each needless excuse."""
    for name, rule in RULES.items():
        found = list(rule(item, known))
        if name not in item.despite:
            yield from ((name, each) for each in found)
        elif not found:
            yield name, (".despite", "this rule is not broken", "remove the excuse")
    for name in sorted(set(item.despite) - set(RULES)):
        yield "despite", (".despite", f"there is no rule {name}", f"rules: {', '.join(RULES)}")
