// Steps put in order with buttons or letters; nothing has to be dragged.

function ordering(item, prefix) {
  const total = item.body.pick;
  const spare = item.body.options.length - total;
  let given = [];
  let closed = false;
  const news = el("p", { class: "kq-sr", role: "status" });
  const chosen = el("ol", { class: "kq-chosen", "aria-label": "Your order" });
  const pool = el("ul", { class: "kq-pool", "aria-label": "Steps" });
  const steps = item.body.options.map((option, place) => {
    const id = `${prefix}-${option.id}`;
    const name = plain(option.text);
    const said = remarkPlace(id);
    const badge = el("span", { class: "kq-letter", "aria-hidden": "true" }, String.fromCharCode(65 + place));
    const label = el("span", { class: "kq-label" }, ...phrases(option.text));
    const tool = (sign, words, call) => el(
      "button", { type: "button", class: "kq-tool", "aria-label": `${words}: ${name}`, title: words, onclick: call }, sign,
    );
    const up = tool("↑", "Move up", () => move(option.id, -1, up, down));
    const down = tool("↓", "Move down", () => move(option.id, 1, down, up));
    const out = tool("✕", "Take out", () => toggle(option.id));
    const add = tool("+", "Add", () => toggle(option.id));
    const tools = el("span", { class: "kq-tools" });
    const row = el("li", { class: "kq-step" }, badge, label, tools, said.node);
    return { id: option.id, name, said, up, down, out, add, tools, row };
  });
  const step = (id) => steps.find((each) => each.id === id);
  const draw = () => {
    for (const each of steps) {
      const place = given.indexOf(each.id);
      each.up.disabled = place === 0;
      each.down.disabled = place === given.length - 1;
      each.tools.replaceChildren(...(closed ? [] : place < 0 ? [each.add] : [each.up, each.down, each.out]));
    }
    chosen.replaceChildren(...given.map((id) => step(id).row));
    pool.replaceChildren(...steps.filter(({ id }) => !given.includes(id)).map(({ row }) => row));
  };
  // Redrawing takes the focus away, and keys would then be the notebook's.
  const focusFirst = (...wanted) => (wanted.find((each) => each && each.isConnected && !each.disabled) ?? node).focus();
  const tell = (id) => {
    const place = given.indexOf(id);
    news.textContent = place < 0 ? `${step(id).name}: taken out.` : `${step(id).name}: place ${place + 1} of ${given.length}.`;
  };
  const move = (id, by, same, other) => {
    const place = given.indexOf(id);
    given.splice(place, 1);
    given.splice(place + by, 0, id);
    draw();
    focusFirst(same, other, step(id).out);
    tell(id);
  };
  const toggle = (id) => {
    const rest = steps.filter((each) => each.id !== id && !given.includes(each.id));
    const wasIn = given.includes(id);
    given = wasIn ? given.filter((each) => each !== id) : [...given, id];
    draw();
    focusFirst(...(wasIn ? [step(id).add] : [rest[0]?.add, step(id).up, step(id).out]));
    tell(id);
  };
  const ask = spare ? `Choose ${NUMBERS[total]} steps, in order.` : "Put all steps in order.";
  const node = el(
    "fieldset", { class: "kq-parts kq-order", tabindex: "-1" }, el("legend", {}, ask), chosen, pool, news,
  );
  draw();
  return {
    node, missing: "Put the steps in order first.", keys: "Letters add and take out",
    answer: () => (given.length ? given : null),
    focus: () => focusFirst(steps[0].add, steps[0].out),
    pick: (letter) => {
      const each = steps[letter.charCodeAt(0) - 97];
      if (!each || closed) return false;
      toggle(each.id);
      return true;
    },
    show: (next) => {
      closed = isClosed(next);
      const known = (next.answer ?? []).filter((id) => step(id));
      if (next.answer || next.status === "open") given = known;
      const remarks = remarksOf(next);
      for (const { id, said, row } of steps) {
        row.dataset.mark = remarks[id]?.mark ?? "";
        said.show(remarks[id]);
      }
      draw();
    },
  };
}
