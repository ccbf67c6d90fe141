// Where a page has no kernel: each quiz in its place, over the keys beside it.

for (const data of document.querySelectorAll("script[type='application/json'][data-quiz]")) {
  render({ model: localModel(JSON.parse(data.textContent)), el: data.parentElement });
}
