// A live-state task: what will be asked of the world, and what was seen there. Python looks; nothing is given here.

function task(item, prefix) {
  const parts = item.body.checks.map(({ id: part, ask, field: of }) => {
    const id = `${prefix}-${part}`;
    const said = remarkPlace(id, "kq-said kq-row");
    const asked = el("span", { class: "kq-label", id: `${id}-label` }, el("code", {}, ask), " → ", el("code", {}, of));
    const row = el("li", { class: "kq-pair", "aria-labelledby": `${id}-label`, "aria-describedby": said.describedby }, asked, said.node);
    return { part, said, row };
  });
  const node = el(
    "div", { class: "kq-parts kq-task", tabindex: "-1" },
    el("p", { class: "kq-how", id: `${prefix}-how` }, "This is asked of your world:"),
    el("ol", { "aria-labelledby": `${prefix}-how` }, ...parts.map(({ row }) => row)),
  );
  return {
    node, missing: "", keys: "", verb: "Check my world",
    answer: () => ({}),
    focus: () => node.focus(),
    pick: () => false,
    show: (next) => {
      const remarks = remarksOf(next);
      for (const { part, said, row } of parts) {
        row.dataset.mark = remarks[part]?.mark ?? "";
        said.show(remarks[part]);
      }
    },
  };
}
