// Read a GIFT file by gift-pegjs; print each question's id, type and stem, and what is right of it.
import { readFileSync } from "node:fs";
import gift from "gift-pegjs";

const counts = (choice) => choice.isCorrect || choice.weight > 0;
const RIGHT = {
  TF: (asked) => asked.isTrue,
  MC: (asked) => asked.choices.flatMap((choice, place) => (counts(choice) ? [place] : [])),
  Numerical: (asked) => asked.choices[0].text.number,
  Short: (asked) => asked.choices[0].text.text,
  Matching: (asked) => asked.matchPairs.filter((pair) => pair.subquestion.text).length,
};
const questions = gift.parse(readFileSync(process.argv[2], "utf8"));
console.log(
  JSON.stringify(
    questions.map((asked) => [asked.id, asked.type, asked.stem.text, RIGHT[asked.type](asked)]),
  ),
);
