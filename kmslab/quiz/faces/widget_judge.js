// The judge of a page without a kernel: `kmslab/quiz/kinds` said in JavaScript, each kind in one function.
// Practice only: the keys are in the page. A table of answers holds both judges to the same verdicts.
// A judge takes the item as it is written (`told`) and an answer, and returns {correct, credit, remarks} or throws AnswerError.

class AnswerError extends Error {}

const say = (words) => [{ kind: "p", lines: [[{ style: "", text: words }]] }];
const after = (words, parsed) => [...say(words), ...parsed];
const mean = (credits) => credits.reduce((sum, each) => sum + each, 0) / credits.length;
const isIn = (known, given) => given.every((each) => known.includes(each));

function picks(options, answer, one) {
  const known = options.map(({ id }) => id);
  if (!Array.isArray(answer) || !answer.length) throw new AnswerError("Pick an option first.");
  if (!isIn(known, answer)) throw new AnswerError(`The options are ${[...known].sort().join(", ")}.`);
  const given = new Set(answer);
  if (one && given.size > 1) throw new AnswerError("Pick one option only.");
  const right = options.filter(({ correct }) => correct).map(({ id }) => id);
  const hits = right.filter((id) => given.has(id)).length;
  const remarks = options.map(({ id, correct, why }) => ({
    part: id, why, key: [], mark: given.has(id) ? (correct ? "hit" : "wrong") : (correct ? "missed" : "passed"),
  }));
  return {
    correct: hits === right.length && given.size === hits,
    credit: Math.max(0, hits - (given.size - hits)) / right.length,
    remarks,
  };
}

function judgeTruth({ truth, reasons }, answer) {
  if (!Array.isArray(answer) || answer.length !== 2) throw new AnswerError("Say true or false, and pick a reason.");
  if (!["true", "false"].includes(answer[0])) throw new AnswerError("Say true or false first.");
  const reason = picks(reasons, answer.slice(1), true);
  const knows = answer[0] === String(truth);
  const head = {
    part: "truth", mark: knows ? "hit" : "wrong", why: say(`The statement is ${knows ? "" : "not "}${answer[0]}.`),
    key: say(`The statement is ${truth}.`),
  };
  return {
    correct: knows && reason.correct, credit: knows ? (1 + reason.credit) / 2 : 0, remarks: [head, ...reason.remarks],
  };
}

// Case folding letter by letter: upper then lower, so that ß is ss and every sigma is one.
const fold = (words) => [...words].map((letter) => letter.toUpperCase().toLowerCase()).join("");
const MAX_TYPED = 200;

function normal(words, rules) {
  const form = rules.case === "keep" ? words.normalize("NFKC") : fold(words.normalize("NFKC"));
  if (rules.space === "keep") return form;
  return form.split(/\s+/u).filter(Boolean).join(rules.space === "ignore" ? "" : " ");
}

function typed(answer) {
  if (typeof answer !== "string" || !answer.trim()) throw new AnswerError("Type an answer first.");
  if ([...answer].length > MAX_TYPED) throw new AnswerError(`An answer has at most ${MAX_TYPED} characters.`);
  return answer;
}

// The key is a text of the bank: shown as code.
const rightIs = (words) => [{ kind: "p", lines: [[{ style: "", text: "Right: " }, { style: "code", text: words }, { style: "", text: "." }]] }];

function words(part, given, { accepted, wrong = [] }, rules) {
  const form = normal(typed(given), rules);
  const key = rightIs(accepted[0]);
  if (accepted.some((each) => normal(each, rules) === form)) return { part, mark: "hit", why: [], key, credit: 1 };
  const known = wrong.find((each) => normal(each.text, rules) === form);
  return { part, mark: "wrong", why: known ? known.why : say("That is not it."), key, credit: known ? known.credit ?? 0 : 0 };
}

const alone = ({ credit, ...remark }) => ({ correct: credit === 1, credit, remarks: [remark] });

const NUMBER = /^\s*([-+]?\d[\d,_ ]*(?:\.\d+)?(?:[eE][-+]?\d{1,3})?|[-+]?\.\d+)\s*(.*?)\s*$/s;

function factor({ unit = "", units = {} }, given) {
  const sizes = { [unit ?? ""]: 1, ...units };
  const folded = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [fold(name), size]));
  const size = sizes[given] ?? folded[fold(given)] ?? (given ? null : 1);
  if (size !== null) return size;
  const known = Object.keys(sizes).filter(Boolean).join(", ");
  throw new AnswerError(known ? `The units are ${known}.` : "Type the number alone.");
}

function numberOf(told, answer) {
  let number = answer;
  let unit = "";
  if (typeof answer !== "number") {
    const match = NUMBER.exec(typed(answer).normalize("NFKC"));
    if (!match) throw new AnswerError("Type a number, as 4096 or 4,096 or 1.5e6.");
    number = Number(match[1].replace(/[,_ ]/g, ""));
    unit = match[2];
  }
  if (!Number.isFinite(number)) throw new AnswerError("Type a number that is finite.");
  return number * factor(told, unit);
}

function isRight({ answer, tolerance = {} }, number) {
  const { digits, absolute, relative } = tolerance;
  if (digits) return number.toExponential(digits - 1) === answer.toExponential(digits - 1);
  const room = absolute || Math.abs(answer) * (relative ?? 0);
  const off = Math.abs(number - answer);
  return off <= Math.max(1e-12 * Math.max(Math.abs(number), Math.abs(answer)), room * (1 + 1e-12));
}

function judgeNumber(told, answer, key) {
  const number = numberOf(told, answer);
  const remark = { part: "answer", why: [], key: rightIs(key) };
  if (isRight(told, number)) return alone({ ...remark, mark: "hit", credit: 1 });
  const range = (told.ranges ?? []).find(({ low, high }) => (low ?? -Infinity) <= number && number <= (high ?? Infinity));
  return alone({ ...remark, mark: "wrong", why: range ? range.why : say("That is not the number."), credit: range?.credit ?? 0 });
}

function judgeOrder({ steps, surplus = [] }, answer) {
  const right = steps.map(({ id }) => id);
  const known = [...right, ...surplus.map(({ id }) => id)];
  if (!Array.isArray(answer) || !answer.length) throw new AnswerError("Put the steps in order first.");
  if (!isIn(known, answer)) throw new AnswerError(`The steps are ${[...known].sort().join(", ")}.`);
  if (new Set(answer).size < answer.length) throw new AnswerError("Use each step once.");
  const remarks = steps.map(({ id, why }, place) => {
    const key = after(`Step ${place + 1}. `, why);
    const found = answer.indexOf(id);
    if (found < 0) return { part: id, mark: "missed", why: [], key };
    return found === place ? { part: id, mark: "hit", why, key } : { part: id, mark: "wrong", why: say("Not at this place."), key };
  });
  const strays = surplus.map(({ id, why }) => ({ part: id, mark: answer.includes(id) ? "wrong" : "passed", why, key: [] }));
  const placed = answer.map((id) => right.indexOf(id)).filter((place) => place >= 0);
  let worth = placed.length - answer.length;
  placed.forEach((first, n) => placed.slice(n + 1).forEach((then) => { worth += first < then ? 1 : -1; }));
  return {
    correct: answer.join() === right.join(),
    credit: Math.max(0, worth) / ((right.length * (right.length - 1)) / 2), remarks: [...remarks, ...strays],
  };
}

function inParts(answer, names, what) {
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) throw new AnswerError(`Give an answer for every ${what}.`);
  const isWhole = names.every((name) => typeof answer[name] === "string" && answer[name].trim());
  if (!isWhole || Object.keys(answer).length > names.length) throw new AnswerError(`Give an answer for every ${what}: ${names.length} in all.`);
  return answer;
}

const summed = (judged) => ({
  correct: judged.every(({ mark }) => mark === "hit"), credit: mean(judged.map(({ credit }) => credit)),
  remarks: judged.map(({ credit, ...remark }) => remark),
});

function judgePairs({ prompts, responses }, answer) {
  const given = inParts(answer, prompts.map(({ id }) => id), "prompt");
  const byId = Object.fromEntries(responses.map((each) => [each.id, each]));
  const unknown = Object.values(given).filter((id) => !(id in byId)).sort();
  if (unknown.length) throw new AnswerError(`There is no response ${unknown[0]}.`);
  return summed(prompts.map(({ id, match, why }) => {
    const isHit = given[id] === match;
    const key = after(`${plain(byId[match].text)}: `, why);
    return { part: id, mark: isHit ? "hit" : "wrong", why: isHit ? why : byId[given[id]].why, key, credit: Number(isHit) };
  }));
}

function judgeCloze({ gaps, ...rules }, answer) {
  const given = inParts(answer, gaps.map(({ id }) => id), "gap");
  return summed(gaps.map((gap) => {
    if (!gap.options?.length) {
      const found = words(gap.id, given[gap.id], gap, rules);
      return { ...found, why: found.why.length ? found.why : gap.why ?? [] };
    }
    const option = gap.options.find(({ id }) => id === given[gap.id]);
    if (!option) throw new AnswerError(`Gap ${gap.id} has no option ${given[gap.id]}.`);
    const right = gap.options.find(({ correct }) => correct);
    const key = after(`Right: ${plain(right.text)}. `, right.why);
    return { part: gap.id, mark: option.correct ? "hit" : "wrong", why: option.why, key, credit: Number(Boolean(option.correct)) };
  }));
}

const spotsOf = ({ text: pieces }) => pieces.filter(({ id }) => id);
const JUDGES = {
  single: (told, answer) => picks(told.options, answer, true),
  multiple: (told, answer) => picks(told.options, answer, false),
  hotspot: (told, answer) => picks(spotsOf(told), answer, spotsOf(told).filter(({ correct }) => correct).length === 1),
  "true-false": judgeTruth,
  numeric: judgeNumber,
  short: (told, answer) => alone(words("answer", answer, told, told)),
  ordering: judgeOrder,
  matching: judgePairs,
  cloze: judgeCloze,
};
const judge = ({ kind, told, key }, answer) => JUDGES[kind](told, answer, key);
