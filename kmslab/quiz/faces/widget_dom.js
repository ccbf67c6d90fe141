// Building blocks of every face: elements, parsed text, what is said of a part of an answer.
// Texts arrive as parsed blocks and become text nodes, never HTML. What is in another language than ours says so.

const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};

// What has the focus beside this node: some hosts keep a widget in a shadow root of its own.
const focused = (node) => node.getRootNode().activeElement ?? document.body;

const inline = ({ style, text }) => (style ? el(style, {}, text) : text);
const BLOCKS = {
  p: (lines, lang) => el("p", { lang }, ...lines.flat().map(inline)),
  ul: (lines, lang) => el("ul", { lang }, ...lines.map((line) => el("li", {}, ...line.map(inline)))),
  code: (lines, lang) => el("pre", { lang }, el("code", {}, lines.map((line) => line.map((run) => run.text).join("")).join("\n"))),
};
const blocks = (parsed) => parsed.map(({ kind, lines, lang }) => BLOCKS[kind](lines, lang));
const text = (parsed, ...classes) => el("div", { class: ["kq-text", ...classes].join(" ") }, ...blocks(parsed));
// Inside a label only phrases may stand.
const phrases = (parsed) => parsed.flatMap(({ lines, lang }) => {
  const runs = lines.flat().map(inline);
  return lang ? [el("span", { lang }, ...runs)] : runs;
});
const langOf = (parsed) => parsed[0]?.lang;

const button = (label, onclick, main = false) =>
  el("button", { type: "button", class: main ? "kq-button kq-main" : "kq-button", onclick }, label);

const MARKS = { hit: "✓ Right", wrong: "✗ Not this one", missed: "✓ Belongs to the answer", passed: "" };
const NUMBERS = ["no", "one", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN"];
const plain = (parsed) => parsed.flatMap(({ lines }) => lines.flat().map((run) => run.text)).join("");
const isClosed = ({ status }) => status === "right" || status === "shown";
const remarksOf = ({ feedback }) => Object.fromEntries((feedback?.remarks ?? []).map((remark) => [remark.part, remark]));

// Where the judge's word on one part is shown; `describedby` names it to a screen reader.
function remarkPlace(id, className = "kq-said") {
  const mark = el("span", { class: "kq-mark", id: `${id}-mark` });
  const why = el("span", { class: "kq-why", id: `${id}-why` });
  const node = el("span", { class: className }, mark, why);
  return {
    node, mark, why,
    describedby: `${id}-mark ${id}-why`,
    show: (remark) => {
      node.dataset.mark = remark?.mark ?? "";
      mark.textContent = MARKS[remark?.mark] ?? "";
      const said = remark ? [remark.why, remark.key ?? []].filter((parsed) => parsed.length) : [];
      why.replaceChildren(...said.flatMap((parsed, n) => [...(n ? [" "] : []), ...phrases(parsed)]));
    },
  };
}
