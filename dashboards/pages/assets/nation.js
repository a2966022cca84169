"use strict";
// The table of all municipalities: which of them are shown, and in which order. Without JavaScript all stand there, by county.
(function () {
  const table = document.getElementById("kommuntabell");
  if (!table) return;
  const find = (id) => document.getElementById("val-" + id);
  const [name, county, order, answer] = ["namn", "lan", "ordning", "svar"].map(find);
  const bodies = Array.from(table.querySelectorAll("tbody[data-county]"));
  const rows = bodies.flatMap((body) => Array.from(body.querySelectorAll("tr:not(.part)"), (row) => ({
    row: row, body: body, name: row.querySelector("th").textContent, county: body.dataset.county,
    values: Array.from(row.querySelectorAll("td"), (cell) => valueOf(cell.textContent)),
  })));
  const together = table.insertBefore(document.createElement("tbody"), table.querySelector("tbody.rest"));
  const swedish = new Intl.Collator("sv");

  // A dash is nothing; what is not shown, or cannot be, comes after all numbers.
  function valueOf(text) {
    const plain = text.replace(/[\s\u00a0%]/g, "").replace(",", ".").replace("−", "-");
    return plain === "–" ? 0 : /\d/.test(plain) ? Number(plain) : -Infinity;
  }

  function show() {
    const wanted = name.value.trim().toLocaleLowerCase("sv");
    let shown = 0;
    for (const each of rows) {
      each.row.hidden = Boolean(county.value && each.county !== county.value) || !each.name.toLocaleLowerCase("sv").includes(wanted);
      shown += !each.row.hidden;
    }
    for (const body of bodies) {
      body.hidden = Boolean(order.value) || rows.every((each) => each.body !== body || each.row.hidden);
    }
    answer.textContent = shown + " av " + rows.length + " kommuner visas.";
  }

  function arrange() {
    const byName = (one, other) => swedish.compare(one.name, other.name);
    if (!order.value) {
      for (const each of rows) each.body.append(each.row);
    } else {
      const place = Number(order.value);
      const byValue = (one, other) => (other.values[place] > one.values[place]) - (other.values[place] < one.values[place]);
      const sorted = [...rows].sort(order.value === "namn" ? byName : (one, other) => byValue(one, other) || byName(one, other));
      together.append(...sorted.map((each) => each.row));
    }
    show();
  }

  document.getElementById("val").addEventListener("submit", (event) => event.preventDefault());
  name.addEventListener("input", show);
  county.addEventListener("change", show);
  order.addEventListener("change", arrange);
  arrange();
})();
