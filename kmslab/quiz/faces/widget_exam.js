// An exam in a page: every answer is sent as it is given; nothing of a key is here before the end.

const OPEN = { status: "open", feedback: null };
const ANNOUNCED = [600, 300, 60];  // seconds left of which a screen reader is told

const clock = (seconds) => {
  const whole = Math.max(0, Math.ceil(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part, n) => (n ? String(part).padStart(2, "0") : String(part))).join(":");
};

// One question: {node, focus(), say(words), given(state), end(item)}.
function examined(question, place, total, prefix, actions) {
  const control = CONTROLS[question.kind]({ ...question, ...OPEN, answer: null }, `${prefix}-q${place}`);
  const heading = el("h3", { class: "kq-eyebrow", tabindex: "-1" }, `Question ${place + 1} of ${total}`);
  const notice = el("p", { class: "kq-notice", role: "alert" });
  const saved = el("p", { class: "kq-keys", role: "status" });
  const feedback = el("div", { class: "kq-feedback" });
  const back = button("Back", () => actions.go(place - 1));
  const next = button(place + 1 < total ? "Next" : "Review", () => { save(); actions.go(place + 1); }, true);
  const flag = button("Flag for review", () => actions.send("flag", place));
  const clear = button("Clear", () => actions.send("clear", place));
  const title = el("p", { class: "kq-subtitle" });
  let kept = "null";
  let typing = 0;
  let ended = false;
  back.hidden = place === 0;
  flag.setAttribute("aria-pressed", "false");

  const save = () => {
    clearTimeout(typing);
    const answer = control.answer();
    const now = JSON.stringify(answer);
    if (ended || now === kept) return;
    kept = now;
    notice.textContent = "";
    if (answer === null) actions.send("clear", place);
    else actions.send("answer", place, answer);
  };
  const later = () => { clearTimeout(typing); typing = setTimeout(save, 400); };
  const node = el(
    "section", { class: "kq-panel", onchange: save, onclick: save, oninput: later, onkeydown: (event) => {
      steer(event, control, () => { save(); actions.go(place + 1); });
      save();
    } },
    heading, title, scenario(question.case), text(question.stem, "kq-stem"), control.node, feedback, notice,
    el("div", { class: "kq-actions" }, next, back, flag, clear, saved),
  );
  return {
    node, save,
    focus: () => heading.focus(),
    say: (words) => { notice.textContent = words; },
    given: (answer, isFlagged, isSettled) => {
      const now = JSON.stringify(answer);
      if (isSettled && now !== kept && !notice.textContent) {
        kept = now;
        control.show({ ...OPEN, answer });
      }
      saved.textContent = answer === null ? "" : "Saved";
      clear.hidden = answer === null;
      flag.setAttribute("aria-pressed", String(isFlagged));
    },
    end: (item) => {
      ended = true;
      clearTimeout(typing);
      title.textContent = item.title;
      if (item.title_lang) title.lang = item.title_lang;
      control.show(item);
      feedback.replaceChildren(verdict(item));
      for (const each of [flag, clear, saved]) each.hidden = true;
      next.textContent = place + 1 < total ? "Next" : "Report";
      notice.dataset.soft = "";
      notice.textContent = item.scored ? "" : "This question did not count.";
    },
    stop: () => clearTimeout(typing),
  };
}

function startScreen(paper, actions) {
  const short = paper.total < paper.whole
    ? [`A full exam has ${paper.whole} questions; this one has ${paper.total}.`] : [];
  const rules = [
    ...short,
    `${paper.total} questions, ${paper.scored} of which count; nothing tells which.`,
    "All or nothing for each question. An unanswered one is wrong, and guessing costs nothing.",
    "Answers are kept as you give them. The time runs on when you leave, and you may come back.",
    "Nothing is told before the end: then every question is explained.",
  ];
  const time = el("select", { class: "kq-select", id: `${actions.prefix}-time` },
    ...paper.extras.map(({ percent: more, words }) => el("option", { value: String(more) }, words)));
  const start = button("Start the exam", () => actions.send("start", undefined, time.value === "null" ? null : Number(time.value)), true);
  const heading = el("h3", { tabindex: "-1" }, "Before you start");
  start.disabled = !paper.total;
  return el(
    "section", { class: "kq-panel kq-start" }, heading, el("ul", { class: "kq-rules" }, ...rules.map((rule) => el("li", {}, rule))),
    el("div", { class: "kq-fieldrow" }, el("label", { for: `${actions.prefix}-time` }, "Time"), time),
    el("div", { class: "kq-actions" }, start),
  );
}

function review(state, total, actions) {
  const open = [...Array(total).keys()].filter((place) => !(place in state.answers));
  const heading = el("h3", { tabindex: "-1" }, "Review");
  const list = (name, places, where) => places.length && el(
    "div", { class: "kq-group" }, el("h4", {}, `${name}: ${places.length}`),
    el("ul", { class: "kq-places" }, ...places.map((place) => el("li", {},
      el("button", { type: "button", class: "kq-tab", "aria-label": `Question ${place + 1}, ${where}`, onclick: () => actions.go(place) }, String(place + 1))))),
  );
  const words = open.length ? `${open.length} unanswered, which count as wrong.` : "Every question is answered.";
  const sure = el("div", { class: "kq-confirm", role: "group", "aria-label": "End the exam?", hidden: true },
    el("p", {}, `${words} End the exam now?`),
    el("div", { class: "kq-actions" }, button("End now", () => actions.send("end"), true), button("Go on", () => { sure.hidden = true; end.hidden = false; end.focus(); })));
  const end = button("End the exam", () => { sure.hidden = false; end.hidden = true; sure.querySelector("button").focus(); }, true);
  return {
    focus: () => heading.focus(),
    nodes: [
      heading, el("p", { class: "kq-result" }, words), list("Flagged", state.flags, "flagged"), list("Unanswered", open, "not answered"),
      el("div", { class: "kq-actions" }, end), sure,
    ].filter(Boolean),
  };
}

function reported(report, go) {
  const heading = el("h3", { tabindex: "-1" }, `${report.total.right} of ${report.total.of} right`);
  const row = ({ name, right, of, low, high }) => el(
    "tr", {}, el("th", { scope: "row" }, name), el("td", {}, `${right} of ${of}`),
    el("td", {}, bar(of ? right / of : 0, { low, high }), `${percent(low)} to ${percent(high)}`),
  );
  const wrong = report.items.map((item, place) => ({ ...item, place })).filter(({ status }) => status !== "right");
  return {
    focus: () => heading.focus(),
    nodes: [
      el("p", { class: "kq-eyebrow" }, "Report"),
      el("div", { class: "kq-hero" }, ring(report.total.of ? report.total.right / report.total.of : 0, percent(report.total.of ? report.total.right / report.total.of : 0)),
        el("div", {}, heading, el("p", { class: "kq-result" }, `${report.unscored ? `${report.unscored} more did not count. ` : ""}The interval says where the share of right answers would lie with many more such questions. It is no forecast of an exam.`))),
      el("table", { class: "kq-table" }, el("caption", {}, "By domain, with 95 % intervals"),
        el("thead", {}, el("tr", {}, ...["Domain", "Right", "Interval"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...[report.total, ...report.domains].map(row))),
      report.beliefs.length && el("div", { class: "kq-group" }, el("h4", {}, "What wrong answers had in common"),
        el("ul", { class: "kq-rules" }, ...report.beliefs.map(({ name, count }) => el("li", {}, el("code", {}, name), ` ${count} time${count > 1 ? "s" : ""}`)))),
      wrong.length && el("div", { class: "kq-group" }, el("h4", {}, "Worth another look"),
        el("ol", { class: "kq-again" }, ...wrong.map(({ title, title_lang, place, feedback, status }) =>
          el("li", {}, goTo(place, el("span", { lang: title_lang }, title), `lab ${feedback.lab.name.slice(0, 2)}, “${feedback.lab.section}”`, status, go))))),
    ].filter(Boolean),
  };
}

let views = 0;

function render({ model, el: host }) {
  const prefix = `kx${++views}`;
  const paper = model.get("paper");
  const total = paper.total;
  let current = 0;
  let waiting = 0;
  let pending = 0;  // messages of this view that are not answered yet: what comes back may be older than what is shown
  let ticking = 0;
  let deadline = null;
  let announced = Infinity;
  let phase = "";

  const notice = el("p", { class: "kq-notice", role: "status" });
  const send = (verb, place, answer) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { notice.textContent = "The kernel does not answer. Run this cell again: what was saved is taken up."; }, 5000);
    pending += 1;
    model.send({ do: verb, place, answer });
  };
  const go = (place, focusPanel = true) => {
    panels[current]?.save();
    current = Math.min(Math.max(place, 0), total);
    rail.select(current);
    if (current === total && phase === "running") overview();
    if (focusPanel) (panels[current] ?? last).focus();
  };
  const actions = { send, go, prefix };
  const panels = paper.questions.map((question, place) => examined(question, place, total, prefix, actions));
  const final = el("section", { class: "kq-panel" });
  let last = review(model.get("sitting"), total, actions);
  const labels = [...panels.map((_, n) => String(n + 1)), "Review"];
  const rail = tablist("Questions", labels, { prefix, panels: [...panels.map(({ node }) => node), final], go });
  rail.node.classList.add("kq-many");
  const timer = el("p", { class: "kq-timer", role: "timer", "aria-label": "Time left" });
  const told = el("p", { class: "kq-sr", role: "status" });
  const done = el("p", { class: "kq-score" });
  const start = startScreen(paper, actions);
  const room = el("div", {}, rail.node, ...panels.map(({ node }) => node), final);
  const root = el(
    "section", { class: "kq kq-exam", lang: "en", tabindex: "-1", "aria-label": paper.title, onkeydown: keep, onkeyup: keep, onkeypress: keep },
    el("div", { class: "kq-head" }, el("h2", {}, paper.title), done, timer), told, notice, start, room,
  );
  const overview = () => {
    last = review(model.get("sitting"), total, actions);
    final.replaceChildren(...last.nodes);
  };
  const tick = () => {
    if (deadline === null || phase !== "running") return;
    const left = (deadline - performance.now()) / 1000;
    timer.textContent = clock(left);
    timer.dataset.low = String(left < 300);
    const due = ANNOUNCED.find((mark) => left <= mark && announced > mark);
    if (due) told.textContent = `${Math.ceil(left / 60)} minutes left`;
    announced = Math.min(announced, left);
    if (left <= 0) { deadline = null; send("look"); }
  };
  const update = () => {
    const state = model.get("sitting");
    const entered = phase !== state.phase;
    phase = state.phase;
    deadline = state.left === null || phase !== "running" ? null : performance.now() + 1000 * state.left;
    timer.hidden = phase !== "running";
    timer.textContent = deadline === null ? "No limit" : clock(state.left);
    notice.textContent = state.notice;
    start.hidden = phase !== "ready";
    room.hidden = phase === "ready";
    const answered = Object.keys(state.answers).length;
    done.replaceChildren(ring(total ? answered / total : 0), el("span", {}, el("b", {}, String(answered)), ` of ${total} answered`));
    done.hidden = phase !== "running";
    panels.forEach((panel, n) => {
      const isFlagged = state.flags.includes(n);
      if (phase === "running") panel.given(state.answers[n] ?? null, isFlagged, pending === 0);
      mark(n, n in state.answers ? "given" : "open", isFlagged);
    });
    if (phase === "ended") return ended(entered);
    if (entered && phase === "running") go(Math.max(0, panels.findIndex((_, n) => !(n in state.answers))), document.activeElement !== document.body);
    else if (current === total) overview();
  };
  const ended = (entered) => {
    const report = model.get("report");
    if (!report.items) return;
    report.items.forEach((item, n) => { panels[n].end(item); mark(n, item.status, false); });
    rail.tabs[total].textContent = "Report";
    last = reported(report, go);
    final.replaceChildren(...last.nodes);
    if (entered) go(total, root.contains(focused(root)) || document.activeElement === document.body);
  };
  const WORDS = { given: "answered", ...STATES, shown: "not right" };
  const mark = (n, status, isFlagged) => {
    rail.tabs[n].dataset.status = status;
    rail.tabs[n].dataset.flagged = String(isFlagged);
    rail.tabs[n].setAttribute("aria-label", `Question ${n + 1}, ${WORDS[status]}${isFlagged ? ", flagged" : ""}`);
  };
  const heard = (message) => {
    clearTimeout(waiting);
    if (message?.notice) panels[message.place]?.say(message.notice);
    if (message?.done) {
      pending = Math.max(0, pending - 1);
      if (pending === 0) update();
    }
  };
  for (const name of ["change:sitting", "change:report"]) model.on(name, update);
  model.on("msg:custom", heard);
  ticking = setInterval(tick, 1000);
  update();
  if (phase === "running") send("look");
  host.append(root);
  return () => {
    clearTimeout(waiting);
    clearInterval(ticking);
    panels.forEach(({ stop }) => stop());
    for (const name of ["change:sitting", "change:report"]) model.off(name, update);
    model.off("msg:custom", heard);
  };
}

export default { render };
