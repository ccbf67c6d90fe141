// Practice in a page: shows what Python put on the page, sends what the student does, judges nothing.
// Nothing here asks the network. `module.py` joins the parts (widget_*.js) before this file into one module.

let views = 0;

function render({ model, el: host }) {
  const prefix = `kq${++views}`;
  const first = model.get("page");
  const total = first.items.length;
  let current = 0;
  let waiting = 0;

  const send = (verb, item, answer, confidence) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => panels[current]?.say("The kernel does not answer. Run this cell again."), 5000);
    model.send({ do: verb, item, answer, confidence });
  };
  const go = (place, focusPanel = true) => {
    current = place;
    rail.select(place);
    if (focusPanel) (panels[place] ?? outcome).focus();
  };
  const actions = { send, next: (from) => go(from + 1), levels: first.confidence };
  const panels = [];
  const asked = [];  // what each panel asks: a family asks another variant after a restart
  const sections = first.items.map(() => el("section", { class: "kq-panel" }));
  const build = (item, place) => {
    const now = JSON.stringify([item.kind, item.stem, item.body]);
    if (asked[place] === now) return;
    const hadFocus = sections[place].contains(focused(sections[place]));
    asked[place] = now;
    panels[place] = question(item, place, total, prefix, actions);
    sections[place].replaceChildren(panels[place].node);
    panels[place].show(item);
    if (hadFocus) panels[place].begin();
  };
  first.items.forEach(build);
  const final = el("section", { class: "kq-panel" });
  let outcome = result(first, go);
  const holders = [...sections, final];
  const labels = [...first.items.map((_, n) => String(n + 1)), "Result"];
  const rail = tablist("Questions", labels, { prefix, panels: holders, go });
  const score = el("p", { class: "kq-score" });
  const notice = el("p", { class: "kq-notice", role: "status" });
  const root = el(
    "section", { class: "kq", lang: "en", tabindex: "-1", "aria-label": `Quiz: ${first.title}`, onkeydown: keep, onkeyup: keep, onkeypress: keep },
    el("div", { class: "kq-head" }, el("h2", {}, first.title), score),
    text(first.about, "kq-about"), rail.node, notice, ...holders,
  );
  const update = () => {
    const page = model.get("page");
    score.replaceChildren(ring(page.right / total), el("span", {}, el("b", {}, String(page.right)), ` of ${total} right`));
    notice.textContent = page.notice;
    page.items.forEach((item, n) => {
      build(item, n);
      panels[n].show(item);
      rail.tabs[n].dataset.status = item.status;
      rail.tabs[n].setAttribute("aria-label", `Question ${n + 1}, ${STATES[item.status]}`);
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
