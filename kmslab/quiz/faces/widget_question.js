// One question in practice: checked at once, with hints, feedback and another try.

const STATES = { open: "not answered", wrong: "not right yet", right: "right", shown: "answer shown" };

function question(item, place, total, prefix, actions) {
  const control = CONTROLS[item.kind](item, `${prefix}-q${place}`);
  const heading = el("h3", { tabindex: "-1", lang: item.title_lang }, item.title);
  const hints = el("ol", { class: "kq-hints", "aria-live": "polite" });
  const feedback = el("div", { class: "kq-feedback", role: "status" });
  const notice = el("p", { class: "kq-notice", role: "alert" });
  const verb = control.verb ?? "Check answer";
  const main = button(verb, () => proceed(), true);
  const hint = button("Hint", () => actions.send("hint", item.id));
  const reveal = button("Show the answer", () => { main.focus(); actions.send("reveal", item.id); });
  const again = button("Clear and answer again", () => { restarting = true; actions.send("restart", item.id); });
  const keys = el("p", { class: "kq-keys" });
  const sure = actions.levels ? confidence(actions.levels, `${prefix}-q${place}-sure`) : null;
  let current = item;
  let restarting = false;
  let shown = "";

  const proceed = () => {
    if (isClosed(current)) return actions.next(place);
    const answer = control.answer();
    if (answer === null) return say(control.missing);
    say("");
    actions.send("answer", item.id, answer, sure?.value());
  };
  const say = (words) => { notice.textContent = words; };
  const node = el(
    "div", { onkeydown: (event) => steer(event, control, proceed) },
    el("p", { class: "kq-eyebrow" }, `Question ${place + 1} of ${total}`),
    heading, scenario(item.case), text(item.stem, "kq-stem"), control.node, hints, feedback, notice, sure?.node ?? null,
    el("div", { class: "kq-actions" }, main, hint, reveal, again, keys),
  );
  return {
    node, say,
    focus: () => heading.focus(),
    begin: () => control.focus(),
    show: (next) => {
      const here = focused(node);
      const hadFocus = control.node.contains(here) || here === reveal;
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
      sure?.show(next);
      feedback.replaceChildren(...(next.feedback ? [verdict(next)] : []));
      main.textContent = isClosed(current) ? (place + 1 < total ? "Next question" : "See the result") : verb;
      reveal.hidden = isClosed(current) || !next.tries;
      again.hidden = !isClosed(current);
      keys.textContent = isClosed(current) ? "" : control.keys;
      if (hadFocus && isClosed(current)) main.focus();
      if (restarting) { restarting = false; control.focus(); }
    },
  };
}

// How sure a student is, asked before the first check; nobody has to say.
function confidence(levels, prefix) {
  const inputs = levels.map(({ said }) => el("input", { type: "radio", name: prefix, value: said, id: `${prefix}-${said}` }));
  const node = el(
    "fieldset", { class: "kq-sure" }, el("legend", {}, "How sure are you?"),
    ...levels.map(({ words, said }, n) => el("label", { class: "kq-level", for: `${prefix}-${said}` }, inputs[n], words)),
  );
  return {
    node,
    value: () => (node.hidden ? undefined : inputs.find(({ checked }) => checked)?.value),
    show: ({ tries, status }) => {
      node.hidden = tries > 0 || status !== "open";
      if (!tries) inputs.forEach((input) => { input.checked = false; });
    },
  };
}

function result(page, go) {
  const total = page.items.length;
  const left = page.items.map((item, place) => ({ ...item, place })).filter(({ status }) => status !== "right");
  const heading = el("h3", { tabindex: "-1" }, `${page.right} of ${total} right`);
  const again = left.map(({ title, title_lang, place, status, feedback }) => {
    const where = feedback ? `${STATES[status]}; lab ${feedback.lab.name.slice(0, 2)}, “${feedback.lab.section}”` : STATES[status];
    return el("li", {}, goTo(place, el("span", { lang: title_lang }, title), where, status, go));
  });
  const words = left.length ? "These are worth another look:" : "Everything here is yours. On to the next lab.";
  return {
    focus: () => heading.focus(),
    nodes: [
      el("p", { class: "kq-eyebrow" }, "Result"),
      el(
        "div", { class: "kq-hero" }, ring(page.right / total, percent(page.right / total)),
        el("div", {}, heading, el("p", { class: "kq-result" }, `${page.first} at the first try and without a hint. ${words}`)),
      ),
      el("ol", { class: "kq-again" }, ...again),
      page.calibration?.length ? calibration(page.calibration) : null,
    ].filter(Boolean),
  };
}

const percent = (share) => `${Math.round(100 * share)}%`;

// A row that leads to a question.
const goTo = (place, title, where, status, go) => el(
  "button", { type: "button", class: "kq-goto", "data-status": status, onclick: () => go(place) },
  el("span", { class: "kq-letter", "aria-hidden": "true" }, String(place + 1)),
  el("span", { class: "kq-goto-title" }, title, el("span", { class: "kq-goto-where" }, where)),
  el("span", { class: "kq-chevron", "aria-hidden": "true" }, "→"),
);

// What was right among answers given with the same confidence.
const calibration = (rows) => el(
  "table", { class: "kq-table" }, el("caption", {}, "How sure you were, and how often you were right"),
  el("thead", {}, el("tr", {}, ...["You were", "Right", "Interval of 95 %"].map((name) => el("th", { scope: "col" }, name)))),
  el("tbody", {}, ...rows.map(({ words, right, of, low, high }) => el(
    "tr", {}, el("th", { scope: "row" }, words), el("td", {}, `${right} of ${of}`),
    el("td", {}, bar(right / of, { low, high }), `${percent(low)} to ${percent(high)}`),
  ))),
);
