"use strict";
// What every page needs: tables that fold or scroll on a narrow screen and stay tables for screen readers.
(function () {
  const ROLES = { THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };

  // A browser may forget that a table is one when the style sheet makes cards of its rows: so its roles are said.
  for (const table of document.querySelectorAll("table[data-folds]")) {
    table.setAttribute("role", "table");
    for (const part of table.querySelectorAll("thead, tbody, tr, td")) part.setAttribute("role", ROLES[part.tagName]);
    for (const head of table.querySelectorAll("th")) {
      head.setAttribute("role", head.scope.startsWith("row") ? "rowheader" : "columnheader");
    }
    table.classList.add("grouped");
  }

  // Reports of other periods that lie beside this one (data/rapporter.js): the same page of each, where it has it. Only a server
  // has a page of all reports.
  window.kaaReports = function (reports) {
    const place = document.querySelector(".beside");
    const isServed = location.protocol.startsWith("http");
    if (reports.length < (isServed ? 1 : 2)) return;
    const page = location.pathname.split("/").pop() || "index.html";
    const list = document.createElement("ul");
    const add = (address, text, isHere) => {
      const item = list.appendChild(document.createElement("li"));
      const link = item.appendChild(document.createElement("a"));
      link.textContent = text;
      link.href = address;
      if (isHere) link.setAttribute("aria-current", "true");
    };
    if (isServed) add("../", "Alla rapporter", false);
    for (const [period, title, pages] of reports) {
      add("../" + period + "/" + (pages.includes(page) ? page : "index.html"), title, period === place.dataset.period);
    }
    place.append(list);
    place.hidden = false;
  };

  // Each number of a table leads to the question behind it: the page of questions names it by its row and column.
  for (const table of document.querySelectorAll("table[data-traces]")) {
    const rows = Array.from(table.tBodies, (body) => Array.from(body.rows)).flat().filter((row) => row.querySelector("td"));
    rows.forEach((row, r) => row.querySelectorAll("td").forEach((cell, k) => {
      if (!/\d/.test(cell.textContent)) return;
      const id = "r" + (r + 1) + "k" + (k + 1);
      const link = document.createElement("a");
      link.href = table.dataset.traces + "?" + id + "#" + id;
      link.className = "traced";
      link.append(...cell.childNodes);
      cell.append(link);
    }));
  }

  // A box whose table is wider than the page is reached by keyboard, and named; one that fits is no stop on the way.
  function mark(box) {
    const wide = box.scrollWidth > box.clientWidth;
    box.classList.toggle("fits", !wide);
    const caption = box.querySelector("caption");
    if (!wide) {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    } else {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", "Tabell som kan rullas i sidled: " + (caption ? caption.textContent.trim() : ""));
    }
  }
  const watch = new ResizeObserver((entries) => entries.forEach((entry) => mark(entry.target.closest(".scroll"))));
  window.watchScrolling = function (box) {
    watch.observe(box);
    if (box.firstElementChild) watch.observe(box.firstElementChild);
  };
  document.querySelectorAll(".scroll").forEach(window.watchScrolling);
})();
