// The load laboratory in a page: sliders and choices are sent, what Python answers is shown. Computes nothing.

let views = 0;

const DELAY = 40;  // milliseconds; a dragged slider sends its last place, not each one

function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  node.append(...children);
  return node;
}

function control(knob, prefix, changed) {
  const id = `${prefix}-${knob.name}`;
  const told = el("span", { class: "kl-step", "aria-hidden": "true" });
  const node = knob.kind === "choice"
    ? el("select", { id }, ...knob.steps.map((step, n) => el("option", { value: String(n) }, step)))
    : el("input", { id, type: "range", min: "0", max: String(knob.steps.length - 1), step: "1" });
  node.value = String(knob.at);
  const tell = () => {
    const step = knob.steps[Number(node.value)];
    if (knob.kind !== "choice") { told.textContent = step; node.setAttribute("aria-valuetext", step); }
  };
  node.addEventListener("input", () => { tell(); changed(knob.name, Number(node.value)); });
  tell();
  return el("div", { class: "kl-knob" }, el("label", { for: id }, knob.label), node, told);
}

function drawn(svg) {
  return document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
}

function table(rows) {
  const body = rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)));
  return el("table", {}, el("caption", {}, "In sum"), el("tbody", {}, ...body));
}

function render({ model, el: root }) {
  const prefix = `kl${++views}`;
  const places = {};
  let timer = 0;
  let isBusy = false;
  const page = model.get("page");
  const picture = el("div", { class: "kl-picture" });
  const sums = el("div", { class: "kl-sums" });
  const status = el("p", { class: "kl-status", role: "status" });
  const send = () => {
    if (isBusy) return;
    isBusy = true;
    model.send({ places: { ...places } });
    Object.keys(places).forEach((name) => delete places[name]);
  };
  const changed = (name, place) => {
    places[name] = place;
    clearTimeout(timer);
    timer = setTimeout(send, DELAY);
  };
  const show = () => {
    const { svg, rows, told } = model.get("page");
    picture.replaceChildren(drawn(svg));
    sums.replaceChildren(table(rows));
    status.textContent = told;
    isBusy = false;
    if (Object.keys(places).length) send();
  };
  const box = el(
    "section", { class: "kl", "aria-label": "Load laboratory" },
    el("div", { class: "kl-knobs" }, ...page.knobs.map((knob) => control(knob, prefix, changed))),
    status, picture, sums,
  );
  box.addEventListener("keydown", (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); });
  root.append(box);
  show();
  model.on("change:page", show);
  return () => { clearTimeout(timer); model.off("change:page", show); };
}

export default { render };
