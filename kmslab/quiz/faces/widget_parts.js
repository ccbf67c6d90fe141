// What a question is made of in every face: its control, its scenario, what is said of the answer, and rings.

// One control for each kind of item: {node, answer() or null, missing, keys, focus(), show(item), pick(letter)}.
const CONTROLS = {
  single: choice, multiple: choice, "true-false": trueFalse, hotspot,
  numeric: field, short: field, matching, cloze, ordering, task,
};

const scenario = (study) => study && el(
  "div", { class: "kq-case", role: "group", "aria-label": `Case study: ${study.title}` },
  el("b", {}, study.title), text(study.scenario),
);

function verdict({ status, feedback }) {
  const lab = `Lab ${feedback.lab.name.slice(0, 2)}, “${feedback.lab.section}”`;
  const links = (feedback.refs ?? []).map(({ title, url }) =>
    el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title));
  const more = el("p", { class: "kq-more" }, status === "wrong" ? `Where to look: ${lab}.` : `${lab}. `);
  links.forEach((link, n) => more.append(n ? ", " : "Read on: ", link));
  return el(
    "div", { class: "kq-verdict", "data-status": status },
    el("b", {}, feedback.headline), feedback.why ? text(feedback.why) : null, more,
  );
}

// Keys stay in the quiz, except for combinations such as Ctrl+S, which are the notebook's.
const keep = (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); };

// A share as a ring; the words beside it say the same.
const ring = (share, ...words) => el(
  "span", { class: "kq-ring", style: `--share: ${share}`, "aria-hidden": "true" }, el("span", {}, ...words),
);

// A row of tabs by roving tabindex: arrows, Home and End move, and the panel follows.
function tablist(name, labels, { prefix, panels, go }) {
  const tabs = labels.map((label, n) => {
    Object.assign(panels[n], { id: `${prefix}-panel${n}` });
    panels[n].setAttribute("role", "tabpanel");
    panels[n].setAttribute("aria-labelledby", `${prefix}-tab${n}`);
    return el("button", {
      type: "button", class: "kq-tab", role: "tab", id: `${prefix}-tab${n}`,
      "aria-controls": `${prefix}-panel${n}`, onclick: () => go(n, false),
    }, label);
  });
  const onkeydown = (event) => {
    const here = tabs.indexOf(focused(event.currentTarget));
    const places = { ArrowRight: here + 1, ArrowLeft: here - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    const place = places[event.key] % tabs.length;
    go(place, false);
    tabs[place].focus();
  };
  return {
    tabs,
    node: el("div", { class: "kq-rail", role: "tablist", "aria-label": name, onkeydown }, ...tabs),
    select: (place) => tabs.forEach((tab, n) => {
      tab.setAttribute("aria-selected", String(n === place));
      tab.tabIndex = n === place ? 0 : -1;
      panels[n].hidden = n !== place;
    }),
  };
}

// A share as a bar with its interval; the words beside it say the same.
const bar = (share, { low, high }) => el(
  "span", { class: "kq-bar", "aria-hidden": "true" },
  el("span", { class: "kq-fill", style: `width: ${100 * share}%` }),
  el("span", { class: "kq-interval", style: `left: ${100 * low}%; width: ${100 * (high - low)}%` }),
);

// Letters pick and Enter in a field goes on, wherever in the question they are pressed.
function steer(event, control, proceed) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isText = event.target.matches("input[type=text], input[type=number], textarea, select");
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    proceed();
  } else if (!isText && /^[a-h]$/i.test(event.key) && control.pick(event.key.toLowerCase())) event.preventDefault();
}
