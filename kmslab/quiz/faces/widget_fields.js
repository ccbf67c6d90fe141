// Controls in which something is typed or chosen from a list, once or for each part.

function field(item, prefix) {
  const number = item.kind === "numeric";
  const units = item.body.units ?? [];
  const said = remarkPlace(prefix, "kq-said kq-row");
  const input = el("input", {
    type: "text", id: prefix, class: "kq-field", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    maxlength: "200", inputmode: number && !units.length ? "decimal" : "text",
    "aria-describedby": `${prefix}-how ${said.describedby}`,
  });
  const how = [number ? "A number" : "A word or two"];
  if (units.length) how.push(` in ${units.join(" or ")}`);
  if (item.body.case) how.push("; upper and lower case count");
  const row = el(
    "div", { class: "kq-fieldrow" }, el("label", { for: prefix }, "Your answer"), input,
    el("span", { class: "kq-how", id: `${prefix}-how` }, `${how.join("")}.`), said.node,
  );
  return {
    node: row, missing: "Type an answer first.", keys: "Enter checks",
    answer: () => (input.value.trim() ? input.value : null),
    focus: () => input.focus(),
    pick: () => false,
    show: (next) => {
      if (next.answer !== null && next.answer !== undefined) input.value = String(next.answer);
      else if (next.status === "open") input.value = "";
      input.disabled = isClosed(next);
      row.dataset.mark = remarksOf(next).answer?.mark ?? "";
      said.show(remarksOf(next).answer);
    },
  };
}

const dropdown = (id, options, attributes) => el(
  "select", { id, class: "kq-select", ...attributes }, el("option", { value: "" }, "Choose…"),
  ...options.map((option) => el("option", { value: option.id, lang: langOf(option.text) }, plain(option.text))),
);

// Several fields, one for each part: [{id, input, said, row}].
function fields(parts, node, missing) {
  return {
    node, missing, keys: "Tab leads to the next part",
    answer: () => (parts.every(({ input }) => input.value.trim())
      ? Object.fromEntries(parts.map(({ id, input }) => [id, input.value])) : null),
    focus: () => parts[0].input.focus(),
    pick: () => false,
    show: (next) => {
      const remarks = remarksOf(next);
      for (const { id, input, said, row } of parts) {
        if (next.answer) input.value = next.answer[id] ?? "";
        else if (next.status === "open") input.value = "";
        input.disabled = isClosed(next);
        row.dataset.mark = input.dataset.mark = remarks[id]?.mark ?? "";
        said.show(remarks[id]);
      }
    },
  };
}

function matching(item, prefix) {
  const parts = item.body.prompts.map((prompt) => {
    const id = `${prefix}-${prompt.id}`;
    const said = remarkPlace(id, "kq-said kq-row");
    const input = dropdown(id, item.body.options, { "aria-labelledby": `${id}-label`, "aria-describedby": said.describedby });
    const label = el("label", { for: id, id: `${id}-label`, class: "kq-label" }, ...phrases(prompt.text));
    return { id: prompt.id, input, said, row: el("div", { class: "kq-pair" }, label, input, said.node) };
  });
  const legend = el("legend", {}, "Choose a response for each. One may serve several.");
  const node = el("fieldset", { class: "kq-parts" }, legend, ...parts.map(({ row }) => row));
  return fields(parts, node, "Choose a response for each.");
}

function cloze(item, prefix) {
  const total = item.body.gaps.length;
  const parts = item.body.gaps.map((gap, place) => {
    const id = `${prefix}-${gap.id}`;
    const said = remarkPlace(id, "kq-said");
    const name = { "aria-label": `Gap ${place + 1} of ${total}`, "aria-describedby": said.describedby };
    const input = gap.options.length ? dropdown(id, gap.options, name)
      : el("input", { type: "text", id, class: "kq-field", size: "18", maxlength: "200", autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...name });
    const row = el("p", { class: "kq-gapsaid" }, el("b", {}, `Gap ${place + 1}`), said.node);
    return { id: gap.id, input, said, row };
  });
  const byId = Object.fromEntries(parts.map((part) => [part.id, part.input]));
  const run = (piece) => (piece.style === "gap" ? byId[piece.text] : inline(piece));
  const shapes = {
    p: (lines) => el("p", {}, ...lines.flat().map(run)),
    ul: (lines) => el("ul", {}, ...lines.map((line) => el("li", {}, ...line.map(run)))),
    code: (lines) => el("pre", {}, ...lines.flatMap((line, n) => [...(n ? ["\n"] : []), ...line.map(run)])),
  };
  const body = el("div", { class: "kq-text kq-cloze" }, ...item.body.text.map(({ kind, lines }) => shapes[kind](lines)));
  return fields(parts, el("div", {}, body, ...parts.map(({ row }) => row)), "Fill every gap.");
}
