// A model without a kernel: what `session.py` and `page.py` do, over keys that are in the page.
// Progress is kept by the browser where it may keep something; it is no record, and says so nowhere.

function localModel({ page: fresh, items, edition }) {
  const store = `kmslab ${fresh.quiz} ${edition}`;
  const attempts = recalled(store);
  const heard = { "change:page": [], "msg:custom": [] };
  const of = (id) => attempts[id] ?? { tries: 0, hints: 0, answer: null, isRight: false, isRevealed: false };
  const isDone = ({ isRight, isRevealed }) => isRight || isRevealed;
  const verbs = {
    answer: (id, was, answer) => ({ ...was, tries: was.tries + 1, answer, isRight: judge(items[id], answer).correct }),
    hint: (id, was) => ({ ...was, hints: Math.min(was.hints + 1, items[id].hints.length) }),
    reveal: (id, was) => ({ ...was, isRevealed: true }),
  };
  const obey = ({ do: verb, item: id, answer }) => {
    if (verb === "restart") delete attempts[id];
    else if (!isDone(of(id))) attempts[id] = verbs[verb](id, of(id), answer);
    try { localStorage.setItem(store, JSON.stringify(attempts)); } catch { /* a page from a file may keep nothing */ }
  };
  const page = () => {
    const all = fresh.items.map(({ id }) => of(id));
    return {
      ...fresh, items: fresh.items.map((item) => itemPage(item, items[item.id], of(item.id))),
      right: all.filter(({ isRight }) => isRight).length,
      first: all.filter(({ isRight, tries, hints }) => isRight && tries === 1 && !hints).length,
    };
  };
  return {
    get: page,
    on: (name, call) => heard[name].push(call),
    off: (name, call) => { heard[name] = heard[name].filter((each) => each !== call); },
    send: (message) => {
      let notice = "";
      try { obey(message); } catch (error) {
        if (!(error instanceof AnswerError)) throw error;
        notice = error.message;
      }
      heard["change:page"].forEach((call) => call());
      heard["msg:custom"].forEach((call) => call({ notice, done: true }));
    },
  };
}

function recalled(store) {
  try { return JSON.parse(localStorage.getItem(store)) ?? {}; } catch { return {}; }
}

function itemPage(item, closed, { tries, hints, answer, isRight, isRevealed }) {
  const status = isRight ? "right" : isRevealed ? "shown" : tries ? "wrong" : "open";
  return {
    ...item, status, tries, answer, hints: closed.hints.slice(0, hints), hints_left: closed.hints.length - hints,
    feedback: status === "open" ? null : feedbackOf(closed, { status, tries, answer }),
  };
}

function feedbackOf(closed, { status, tries, answer }) {
  const judged = tries ? judge(closed, answer) : nothing(closed);
  const isOver = status !== "wrong";
  const remarks = judged.remarks.filter(({ mark }) => isOver || mark === "hit" || mark === "wrong");
  return {
    headline: headline(status, tries, judged.credit), lab: closed.lab,
    remarks: remarks.map((remark) => ({ ...remark, key: isOver && remark.mark !== "hit" ? remark.key : [] })),
    ...(isOver ? { why: closed.why, refs: closed.refs } : {}),
  };
}

function nothing(closed) {
  const missed = (each) => ({ ...each, mark: "missed", why: each.key.length ? [] : each.why });  // a reason is told once
  const { remarks } = judge(closed, closed.key);
  return { credit: 0, remarks: remarks.map((each) => (each.mark === "hit" ? missed(each) : each)) };
}

function headline(status, tries, credit) {
  if (status === "right") return tries === 1 ? "Right." : `Right, at try ${tries}.`;
  if (status === "shown") return "This is the answer.";
  return credit ? `Not yet: worth ${Math.round(100 * credit)}% in practice, nothing in an exam.` : "Not yet.";
}
