// The quiz in a page: shows what Python put on the page, sends what the student does, judges nothing.
// Nothing here asks the network. `widget.py` joins the parts (widget_*.js) before this file into one module.

let views = 0;

const STATES = { open: "not answered", wrong: "not right yet", right: "right", shown: "answer shown" };

// One control for each kind of item: {node, answer() or null, missing, keys, focus(), show(item), pick(letter)}.
const CONTROLS = {
  single: choice, multiple: choice, "true-false": trueFalse, hotspot,
  numeric: field, short: field, matching, cloze, ordering,
};

function question(item, place, total, prefix, actions) {
  const control = CONTROLS[item.kind](item, `${prefix}-q${place}`);
  const heading = el("h3", { tabindex: "-1" }, item.title);
  const hints = el("ol", { class: "kq-hints", "aria-live": "polite" });
  const feedback = el("div", { class: "kq-feedback", role: "status" });
  const notice = el("p", { class: "kq-notice", role: "alert" });
  const main = button("Check answer", () => proceed(), true);
  const hint = button("Hint", () => actions.send("hint", item.id));
  const reveal = button("Show the answer", () => { main.focus(); actions.send("reveal", item.id); });
  const again = button("Clear and answer again", () => { restarting = true; actions.send("restart", item.id); });
  const keys = el("p", { class: "kq-keys" });
  let current = item;
  let restarting = false;
  let shown = "";

  const proceed = () => {
    if (isClosed(current)) return actions.next(place);
    const answer = control.answer();
    if (answer === null) return say(control.missing);
    say("");
    actions.send("answer", item.id, answer);
  };
  const say = (words) => { notice.textContent = words; };
  const keydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isText = event.target.matches("input[type=text], input[type=number], textarea, select");
    if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      proceed();
    } else if (!isText && /^[a-h]$/i.test(event.key) && control.pick(event.key.toLowerCase())) event.preventDefault();
  };
  const node = el(
    "section", { class: "kq-panel", onkeydown: keydown },
    el("p", { class: "kq-eyebrow" }, `Question ${place + 1} of ${total}`),
    heading, scenario(item.case), text(item.stem, "kq-stem"), control.node, hints, feedback, notice,
    el("div", { class: "kq-actions" }, main, hint, reveal, again, keys),
  );
  return {
    node, say,
    focus: () => heading.focus(),
    show: (next) => {
      const hadFocus = control.node.contains(document.activeElement) || document.activeElement === reveal;
      current = next;
      const fingerprint = JSON.stringify([next.status, next.tries, next.feedback, next.hints.length]);
      if (fingerprint === shown) return;  // another question changed; leave a half-made choice alone
      const wasHint = shown && JSON.parse(shown)[1] === next.tries && JSON.parse(shown)[0] === next.status;
      shown = fingerprint;
      hints.replaceChildren(...next.hints.map((parsed, n) => el("li", {}, el("b", {}, `Hint ${n + 1}`), text(parsed))));
      hint.textContent = next.hints.length ? `Another hint (${next.hints_left})` : `Hint (${next.hints_left})`;
      hint.hidden = isClosed(current) || !next.hints_left;
      if (wasHint) { if (document.activeElement === document.body || hint.hidden) main.focus(); return; }
      control.show(next);
      feedback.replaceChildren(...(next.feedback ? [verdict(next)] : []));
      main.textContent = isClosed(current) ? (place + 1 < total ? "Next question" : "See the result") : "Check answer";
      reveal.hidden = isClosed(current) || !next.tries;
      again.hidden = !isClosed(current);
      keys.textContent = isClosed(current) ? "" : control.keys;
      if (hadFocus && isClosed(current)) main.focus();
      if (restarting) { restarting = false; control.focus(); }
    },
  };
}

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

function result(page, go) {
  const left = page.items.map((item, place) => ({ ...item, place })).filter(({ status }) => status !== "right");
  const heading = el("h3", { tabindex: "-1" }, `${page.right} of ${page.items.length} right`);
  const again = left.map(({ title, place, status, feedback }) => el(
    "li", {}, button(`${place + 1}. ${title}`, () => go(place)),
    el("span", {}, feedback ? `${STATES[status]}; lab ${feedback.lab.name.slice(0, 2)}, “${feedback.lab.section}”` : STATES[status]),
  ));
  const words = left.length ? "These are worth another look:" : "Everything here is yours. On to the next lab.";
  return {
    focus: () => heading.focus(),
    nodes: [
      el("p", { class: "kq-eyebrow" }, "Result"), heading,
      el("p", { class: "kq-result" }, `${page.first} at the first try and without a hint. ${words}`),
      el("ol", { class: "kq-again" }, ...again),
    ],
  };
}

const wording = ({ stem, body }) => JSON.stringify([stem, body]);

// Keys stay in the quiz, except for combinations such as Ctrl+S, which are the notebook's.
const keep = (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); };

function render({ model, el: host }) {
  const prefix = `kq${++views}`;
  const first = model.get("page");
  const total = first.items.length;
  let current = 0;
  let waiting = 0;

  const send = (verb, item, answer) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => panels[current]?.say("The kernel does not answer. Run this cell again."), 5000);
    model.send({ do: verb, item, answer });
  };
  const go = (place, focusPanel = true) => {
    current = place;
    tabs.forEach((tab, n) => {
      tab.setAttribute("aria-selected", String(n === place));
      tab.tabIndex = n === place ? 0 : -1;
      holders[n].hidden = n !== place;
    });
    if (focusPanel) (panels[place] ?? outcome).focus();
  };
  const ask = (item, place) => question(item, place, total, prefix, { send, next: (from) => go(from + 1) });
  const panels = first.items.map(ask);
  const asked = first.items.map(wording);
  const final = el("section", { class: "kq-panel" });
  let outcome = result(first, go);
  const holders = [...panels.map(({ node }) => node), final];
  const label = (holder, n) => {
    Object.assign(holder, { id: `${prefix}-panel${n}` });
    holder.setAttribute("role", "tabpanel");
    holder.setAttribute("aria-labelledby", `${prefix}-tab${n}`);
  };
  const renew = (item, n) => {  // a family asks another variant after a restart
    asked[n] = wording(item);
    panels[n] = ask(item, n);
    label(panels[n].node, n);
    panels[n].node.hidden = holders[n].hidden;
    const hadFocus = holders[n].contains(document.activeElement);
    holders[n].replaceWith(panels[n].node);
    holders[n] = panels[n].node;
    if (hadFocus) panels[n].focus();
  };
  const tabs = holders.map((holder, n) => {
    label(holder, n);
    return el("button", {
      type: "button", class: "kq-tab", role: "tab", id: `${prefix}-tab${n}`,
      "aria-controls": `${prefix}-panel${n}`, onclick: () => go(n, false),
    }, n < total ? String(n + 1) : "Result");
  });
  const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
  const rail = el("div", {
    class: "kq-rail", role: "tablist", "aria-label": "Questions",
    onkeydown: (event) => {
      const places = { Home: 0, End: total, [event.key]: (current + STEPS[event.key] + tabs.length) % tabs.length };
      const place = event.key in STEPS ? places[event.key] : { Home: 0, End: total }[event.key];
      if (place === undefined) return;
      event.preventDefault();
      go(place, false);
      tabs[place].focus();
    },
  }, ...tabs);
  const score = el("p", { class: "kq-score" });
  const notice = el("p", { class: "kq-notice", role: "status" });
  const root = el(
    "section", { class: "kq", tabindex: "-1", "aria-label": `Quiz: ${first.title}`, onkeydown: keep, onkeyup: keep, onkeypress: keep },
    el("div", { class: "kq-head" }, el("h2", {}, first.title), score),
    text(first.about, "kq-about"), rail, notice, ...holders,
  );
  const update = () => {
    const page = model.get("page");
    score.replaceChildren(el("b", {}, String(page.right)), ` of ${total} right`);
    notice.textContent = page.notice;
    page.items.forEach((item, n) => {
      if (wording(item) !== asked[n]) renew(item, n);
      panels[n].show(item);
      tabs[n].dataset.status = item.status;
      tabs[n].setAttribute("aria-label", `Question ${n + 1}, ${STATES[item.status]}`);
    });
    outcome = result(page, go);
    final.replaceChildren(...outcome.nodes);
  };
  const heard = (message) => {
    clearTimeout(waiting);
    if (message?.notice) panels[current]?.say(message.notice);
  };
  model.on("change:page", update);
  model.on("msg:custom", heard);
  update();
  const open = first.items.findIndex(({ status }) => status === "open" || status === "wrong");
  go(open < 0 ? total : open, false);
  host.append(root);
  return () => {
    clearTimeout(waiting);
    model.off("change:page", update);
    model.off("msg:custom", heard);
  };
}

export default { render };
