// Controls in which something is picked: {node, answer(), missing, keys, focus(), show(item), pick(letter)}.

const PICK_KEYS = "Letters pick, Enter checks";

// Rows with a radio button or a checkbox each, named by letters.
function optionRows(options, { prefix, many, legend, content }) {
  const rows = options.map((option, place) => {
    const id = `${prefix}-${option.id}`;
    const said = remarkPlace(id);
    const input = el("input", {
      type: many ? "checkbox" : "radio", name: prefix, value: option.id, id,
      "aria-labelledby": `${id}-label`, "aria-describedby": said.describedby,
    });
    const label = el("span", { class: "kq-label", id: `${id}-label` }, ...content(option));
    const badge = el("span", { class: "kq-letter", "aria-hidden": "true" }, String.fromCharCode(65 + place));
    const row = el("label", { class: "kq-option" }, input, badge, label, said.mark, said.why);
    return { id: option.id, input, said, row };
  });
  const node = el(
    "fieldset",
    { class: "kq-options", "data-pick": many ? "many" : "one", role: many ? "group" : "radiogroup" },
    el("legend", {}, legend), ...rows.map(({ row }) => row),
  );
  return {
    node, rows,
    picked: () => rows.filter(({ input }) => input.checked).map(({ id }) => id),
    focus: () => (rows.find(({ input }) => input.checked) ?? rows[0]).input.focus(),
    pick: (letter) => {
      const row = rows[letter.charCodeAt(0) - 97];
      if (!row || row.input.disabled) return false;
      row.input.focus();
      row.input.click();
      return true;
    },
    show: (item, picked) => {
      const remarks = remarksOf(item);
      for (const { id, input, said, row } of rows) {
        if (picked) input.checked = picked.includes(id);
        else if (item.status === "open") input.checked = false;
        input.disabled = isClosed(item);
        row.dataset.mark = remarks[id]?.mark ?? "";
        said.show(remarks[id]);
      }
    },
  };
}

function picking(item, list) {
  return {
    node: list.node, missing: "Pick an option first.", keys: PICK_KEYS,
    answer: () => (list.picked().length ? list.picked() : null),
    focus: list.focus, pick: list.pick,
    show: (next) => list.show(next, next.answer),
  };
}

function choice(item, prefix) {
  const many = item.kind === "multiple";
  const legend = many ? `Choose ${NUMBERS[item.body.pick]}.` : "Choose one.";
  return picking(item, optionRows(item.body.options, { prefix, many, legend, content: (option) => phrases(option.text) }));
}

function trueFalse(item, prefix) {
  const sides = [{ id: "true", text: "True" }, { id: "false", text: "False" }];
  const truth = optionRows(sides, { prefix: `${prefix}-truth`, many: false, legend: "True or false?", content: ({ text }) => [text] });
  const list = optionRows(item.body.options, { prefix, many: false, legend: "Because:", content: (option) => phrases(option.text) });
  truth.node.classList.add("kq-truth");
  for (const { row } of truth.rows) row.querySelector(".kq-letter").textContent = "";
  return {
    node: el("div", {}, text(item.body.statement, "kq-statement"), truth.node, list.node),
    missing: "Say true or false, and pick a reason.", keys: PICK_KEYS,
    answer: () => (truth.picked().length && list.picked().length ? [truth.picked()[0], list.picked()[0]] : null),
    focus: truth.focus, pick: list.pick,
    show: (next) => {
      const [side, ...reason] = next.answer ?? [];
      truth.show(next, next.answer && [side]);
      list.show(next, next.answer && reason);
      const remark = remarksOf(next).truth;
      for (const { id, row, said } of truth.rows) {
        const mine = remark && (next.answer ? id === side : plain(remark.key).includes(` ${id}.`)) ? remark : undefined;
        row.dataset.mark = mine?.mark ?? "";
        said.show(mine);
      }
    },
  };
}

// A text as it stands; the pieces with an id are options between the others.
function hotspot(item, prefix) {
  const many = item.body.pick > 1;
  const spots = item.body.spots.filter(({ id }) => id);
  const legend = many ? `Point at ${NUMBERS[item.body.pick]} places.` : "Point at the place.";
  const content = ({ lines, lang }) => [el("code", { class: "kq-verbatim", lang }, lines.join("\n"))];
  const list = optionRows(spots, { prefix, many, legend, content });
  list.node.classList.add("kq-document");
  let next = 0;
  for (const { id, lines, lang } of item.body.spots) {
    if (id) list.node.append(list.rows[next++].row);
    else list.node.append(el("pre", { class: "kq-verbatim", lang }, lines.join("\n")));
  }
  return { ...picking(item, list), missing: "Point at a place first." };
}
