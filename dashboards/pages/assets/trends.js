"use strict";
// The page ”Utveckling över tid”: reads the choices, loads the numbers they need, and shows them as a diagram and as a table.
// The choices stand in the address after #, so that a view can be linked to. Names and periods come with the page; the numbers
// of a figure and kind of period are a script of their own, because a page opened from disk may load nothing else.
(function () {
  const DATA = JSON.parse(document.getElementById("utveckling").textContent);
  const BLANK = "\u00a0", NOTHING = "–", MISSING = "..", CANNOT = ".";
  const MOST_IN_ONE = 5; // more lines than this cannot be told apart in one diagram: each gets a panel of its own
  const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const find = (id) => document.getElementById(id);
  if (!DATA.firstKind) {
    document.querySelector(".trends > .needs-script").hidden = true;
    return;
  }

  // -- numbers ----------------------------------------------------------------------------------------------------

  const loaded = new Map();
  window.kaaTrend = (name, tree) => loaded.set(name, tree);

  function load(name) {
    if (loaded.has(name)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = DATA.folder + "/" + name + ".js";
      script.onload = resolve;
      script.onerror = () => reject(new Error(name));
      document.head.append(script);
    });
  }

  function written(value) {
    const [whole, decimals] = Math.abs(value).toString().split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, BLANK);
    return (value < 0 ? "−" : "") + grouped + (decimals ? "," + decimals : "");
  }

  // A cell: {value: number or null, text: as Swedish statistics write it, plain: as a data file writes it}
  const count = (value) => ({ value: value, text: value ? written(value) : NOTHING, plain: String(value).replace(".", ",") });
  const empty = (sign) => ({ value: null, text: sign, plain: sign });

  function share(part, whole) {
    if (!whole) return empty(CANNOT);
    const percent = Math.floor((200 * part + whole) / (2 * whole)); // halves are rounded up
    return { value: (100 * part) / whole, text: part ? written(percent) + BLANK + "%" : NOTHING, plain: String(percent) };
  }

  // -- what can be chosen -----------------------------------------------------------------------------------------

  const figures = new Map(DATA.figures.map((figure) => [figure.id, figure]));
  const kinds = new Map(DATA.kinds.map((kind) => [kind.id, kind]));
  const measures = new Map(); // the name in the address -> what it is made of
  for (const figure of DATA.figures) {
    for (const [id, title, definition] of figure.measures) {
      const side = { figure: figure, measure: id, category: null };
      measures.set(figure.id + "." + id, { title: title, group: figure.title, figure: figure, definition: definition, part: side });
    }
  }
  for (const each of DATA.shares) {
    const [part, whole] = [each.part, each.whole].map(([figure, measure, category]) => (
      { figure: figures.get(figure), measure: measure, category: category }));
    measures.set(each.id, { title: each.title, sentence: each.sentence, group: "Andelar", figure: part.figure, part: part, whole: whole });
  }

  // The levels of categories that a reader may choose in: not those that a share has fixed.
  function levels(measure) {
    const fixed = measure.part.category !== null;
    return { category: fixed ? null : measure.figure.category, subcategory: fixed || measure.whole ? null : measure.figure.subcategory };
  }

  function waysToShow(measure, choice) {
    const level = levels(measure);
    const ways = [["total", "Totalt"]];
    const divided = measure.figure.dimensions;
    if (divided.includes("gender")) ways.push(["kon", "Kön"]);
    if (divided.includes("job_centre") && DATA.jobCentres.length) ways.push(["jobbtorg", "Jobbtorg"]);
    if (divided.includes("district") && DATA.districts.length) ways.push(["stadsdel", "Stadsdel"]);
    if (level.category && level.category.total && choice.category === "*") ways.push(["kategori", level.category.title]);
    if (level.subcategory && level.subcategory.total && choice.subcategory === "*") ways.push(["underkategori", level.subcategory.title]);
    return ways;
  }

  const choice = { measure: "", category: "*", subcategory: "*", kind: DATA.firstKind, by: "total" };
  const NAMES = { matt: "measure", kategori: "category", underkategori: "subcategory", period: "kind", visa: "by" };

  function allowed(level, code) {
    if (!level) return "*";
    if (level.items.some((item) => item[0] === code)) return code;
    return level.total ? "*" : level.items[0][0];
  }

  // A choice that is not possible becomes the nearest that is; so any address shows something.
  function settle() {
    if (!measures.has(choice.measure)) choice.measure = measures.keys().next().value;
    const measure = measures.get(choice.measure);
    const level = levels(measure);
    choice.category = allowed(level.category, choice.category);
    choice.subcategory = allowed(level.subcategory, choice.subcategory);
    if (!kinds.has(choice.kind)) choice.kind = DATA.firstKind;
    if (!waysToShow(measure, choice).some((way) => way[0] === choice.by)) choice.by = "total";
  }

  function readAddress() {
    const said = new URLSearchParams(location.hash.slice(1));
    if (!said.has("matt")) return false;
    choice.category = choice.subcategory = "*";
    for (const [name, value] of said) if (name in NAMES) choice[NAMES[name]] = value;
    return true;
  }

  function address() {
    const said = new URLSearchParams({ matt: choice.measure });
    if (choice.category !== "*") said.set("kategori", choice.category);
    if (choice.subcategory !== "*") said.set("underkategori", choice.subcategory);
    said.set("period", choice.kind);
    said.set("visa", choice.by);
    return "#" + said;
  }

  // -- the controls -----------------------------------------------------------------------------------------------

  function options(select, entries, chosen) {
    select.replaceChildren(...entries.map(([value, text]) => new Option(text, value, false, value === chosen)));
  }

  function radios(place, name, entries, chosen) {
    const had = place.contains(document.activeElement);
    place.replaceChildren(...entries.map(([value, text]) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name: name, value: value, checked: value === chosen });
      const words = document.createElement("span");
      words.textContent = text;
      label.append(input, words);
      return label;
    }));
    if (had) place.querySelector("input:checked").focus();
  }

  function fillMeasures() {
    const groups = new Map();
    for (const [id, measure] of measures) {
      if (!groups.has(measure.group)) {
        const group = document.createElement("optgroup");
        group.label = measure.group;
        groups.set(measure.group, group);
      }
      groups.get(measure.group).append(new Option(measure.title, id));
    }
    find("matt").append(...groups.values());
  }

  function fillControls() {
    const measure = measures.get(choice.measure);
    const level = levels(measure);
    find("matt").value = choice.measure;
    for (const [id, name] of [["kategori", "category"], ["underkategori", "subcategory"]]) {
      const select = find(id);
      select.parentElement.hidden = !level[name];
      if (!level[name]) continue;
      select.labels[0].textContent = level[name].title;
      options(select, [...(level[name].total ? [["*", "Alla"]] : []), ...level[name].items], choice[name]);
    }
    radios(find("period"), "period", DATA.kinds.map((kind) => [kind.id, kind.title]), choice.kind);
    radios(find("visa"), "visa", waysToShow(measure, choice), choice.by);
  }

  // -- the view ---------------------------------------------------------------------------------------------------

  function fileOf(side, category) {
    const items = side.figure.category ? side.figure.category.items : [];
    const item = items.find((each) => each[0] === category);
    return [item ? item[2] : side.figure.id, side.measure, choice.kind].join(".");
  }

  // The series of a view: their names, and where their numbers are; from and to: days between which a district exists.
  function seriesOf(measure) {
    const address = { category: choice.category, subcategory: choice.subcategory, by: "t", code: "*" };
    const listed = (by, entries) => entries.map(([code, name, from, to]) => ({ ...address, by: by, code: code, name: name, from: from, to: to }));
    const level = levels(measure);
    switch (choice.by) {
      case "kon": return listed("g", DATA.genders).map((each, place) => ({ ...each, role: ["women", "men"][place] }));
      case "jobbtorg": return listed("j", DATA.jobCentres);
      case "stadsdel": return listed("d", DATA.districts);
      case "kategori": return level.category.items.map(([code, name]) => ({ ...address, category: code, name: name }));
      case "underkategori": return level.subcategory.items.map(([code, name]) => ({ ...address, subcategory: code, name: name }));
      default: return [{ ...address, name: "Totalt", role: "year" }];
    }
  }

  function categoryOf(side, series) {
    if (side.category !== null) return side.category;
    return side.figure.category ? series.category : "*";
  }

  function numbersOf(side, series, places) {
    const category = categoryOf(side, series);
    let found = loaded.get(fileOf(side, category));
    for (const step of [category, series.subcategory, series.by, series.code]) found = (found || {})[step];
    const unknown = side.figure.reportedOnly || (DATA.onlyListed && found === undefined);
    const texts = (found || "").split(",");
    return places.map((period, place) => (texts[place] === MISSING ? null : texts[place] ? Number(texts[place]) : unknown ? null : 0));
  }

  // Of a public output: in which kind of period and by what a series is given instead, as most of it would be hidden here.
  function insteadOf(measure, series) {
    for (const side of [measure.part, measure.whole]) {
      const listed = side && DATA.instead[[side.figure.id, side.measure, choice.kind].join(".")];
      const found = listed && listed.find(([category, subcategory, by, , , codes]) => (
        category === categoryOf(side, series) && subcategory === series.subcategory && by === series.by && codes.includes(series.code)));
      if (found) return { kind: found[3], by: found[4] };
    }
    return null;
  }

  function view(measure) {
    const periods = kinds.get(choice.kind).periods;
    const all = seriesOf(measure).map((each) => ({ ...each, instead: insteadOf(measure, each) }));
    const coarser = all.filter((each) => each.instead);
    const series = all.filter((each) => !each.instead).map((each) => {
      const part = numbersOf(measure.part, each, periods);
      const whole = measure.whole ? numbersOf(measure.whole, each, periods) : null;
      const cells = periods.map((period, place) => {
        // A district that is no longer, or not yet, cannot have a number.
        if ((each.from && each.from > period.end) || (each.to && each.to < period.end)) return empty(CANNOT);
        if (part[place] === null || (whole && whole[place] === null)) return empty(MISSING);
        return whole ? share(part[place], whole[place]) : count(part[place]);
      });
      return { ...each, cells: cells };
    });
    // What exists at the end stands first; former districts, and what has no number at all, come after or not at all.
    const shown = series.filter((each) => all.length === 1 || each.cells.some((cell) => cell.value));
    shown.sort((a, b) => Boolean(a.to) - Boolean(b.to));
    shown.forEach((each, place) => (each.role = each.role || (shown.length > MOST_IN_ONE ? "year" : "part_" + (place + 1))));
    return { periods: periods, series: shown, coarser: coarser, isAll: coarser.length === all.length, isShare: Boolean(measure.whole) };
  }

  const GROUPS = { j: "per jobbtorg", t: "för alla tillsammans", "*": "för alla kategorier tillsammans" };

  // Which series are given more coarsely, and how: "De ges i stället per tertial: A, B."
  function coarserNotes(shown) {
    const places = new Map();
    for (const each of shown.coarser) {
      const words = [];
      if (each.instead.by !== each.by) words.push(GROUPS[each.instead.by]);
      if (each.instead.kind !== choice.kind) words.push("per " + kinds.get(each.instead.kind).title.toLowerCase());
      const where = words.join(" och ");
      places.set(where, [...(places.get(where) || []), each.name]);
    }
    return [...places].map(([where, names]) => (
      "För många av talen här skulle vara ”..”. De ges i stället " + where + (shown.isAll && places.size === 1 ? "." : ": " + names.join(", ") + ".")));
  }

  function heading(measure) {
    const level = levels(measure);
    const words = [measure.whole || measure.title === measure.group ? measure.title : measure.title + " (" + measure.group.toLowerCase() + ")"];
    for (const name of ["category", "subcategory"]) {
      if (level[name] && choice[name] !== "*") words.push(level[name].items.find((item) => item[0] === choice[name])[1]);
    }
    const by = waysToShow(measure, choice).find((way) => way[0] === choice.by);
    const kind = kinds.get(choice.kind).title.toLowerCase();
    words.push("per " + (choice.by === "total" ? "" : by[1].toLowerCase() + " och ") + kind);
    return words.join(", ");
  }

  function notes(measure, shown) {
    const found = [];
    if (measure.whole) found.push("Hela procent, räknade på antalen.");
    else found.push("Enhet: " + measure.figure.unit + ".");
    if (shown.periods.some((period) => !period.covered)) found.push("* Underlaget täcker inte hela perioden.");
    if (choice.kind === "tertial1") found.push("Tertial 1 är januari–april.");
    if (choice.kind === "tertial2") found.push("Tertial 2 räknas från årets början, januari–augusti, och innehåller tertial 1.");
    if (choice.by === "stadsdel" && shown.series.some((each) => each.from || each.to)) {
      found.push("Stadsdelar enligt den indelning som gällde periodens sista dag. ”.” står där stadsdelen då inte fanns. Stadsdelar som inte längre finns står sist.");
    }
    found.push(...coarserNotes(shown));
    if (DATA.onlyListed) found.push(DATA.notAvailable);
    if (choice.by === "kategori" || choice.by === "underkategori") found.push("Delarna behöver inte bli totalen när de läggs ihop.");
    return found;
  }

  function item(tag, text) {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
  }

  function head(text, scope) {
    const element = item("th", text);
    element.scope = scope;
    return element;
  }

  function showTable(title, shown) {
    const table = find("vy-tabell");
    const caption = item("caption", title);
    caption.className = "unseen";
    const first = document.createElement("tr");
    const corner = head("Period", "col");
    corner.className = "corner";
    first.append(corner, ...shown.series.map((each) => head(each.name, "col")));
    const top = document.createElement("thead");
    top.append(first);
    const body = document.createElement("tbody");
    shown.periods.forEach((period, place) => {
      const row = document.createElement("tr");
      row.append(head(period.label + (period.covered ? "" : "*"), "row"), ...shown.series.map((each) => item("td", each.cells[place].text)));
      body.append(row);
    });
    table.replaceChildren(caption, top, body);
    const rows = shown.periods.map((period, place) => [period.label, ...shown.series.map((each) => each.cells[place].plain)]);
    const link = find("vy-csv");
    link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(downloads.csv(["Period", ...shown.series.map((each) => each.name)], rows));
    link.download = [choice.measure, choice.kind, choice.by].join("-") + ".csv";
  }

  function showAbout(measure) {
    const place = find("vy-om");
    const figure = measure.figure;
    const title = document.createElement("p");
    title.append(item("strong", figure.title + "."), " " + figure.definition);
    const parts = [title];
    if (measure.whole) {
      parts.push(item("p", measure.sentence));
    } else {
      parts.push(item("p", measure.title + ": " + measure.definition));
    }
    for (const warning of figure.warnings) {
      const text = document.createElement("p");
      text.className = "warning";
      text.append(item("strong", "Tänk på:"), " " + warning);
      parts.push(text);
    }
    const source = item("p", "Källa: " + figure.source);
    source.className = "source";
    const link = item("a", "Mer om " + figure.title.toLowerCase());
    link.href = "definitioner.html#" + figure.id;
    const more = document.createElement("p");
    more.append(link);
    place.replaceChildren(...parts, source, more);
  }

  function alternative(title, shown) {
    const last = shown.periods.length - 1;
    const said = shown.series.map((each) => each.name + ": " + each.cells[0].text + " " + shown.periods[0].label +
      (last ? ", " + each.cells[last].text + " " + shown.periods[last].label : ""));
    if (!said.length) return "Inget diagram: här finns inga tal att visa. " + title + ".";
    return "Diagram. " + title + ". " + said.join("; ") + ". Alla värden finns i tabellen under diagrammet.";
  }

  // -- the diagram ------------------------------------------------------------------------------------------------

  const PAPER = 660; // px: the width between the margins of an A4 page
  let paper = false;
  const colour = (name) => (paper ? DATA.paper[name] : getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const MARKERS = ["circle", "square", "diamond", "triangle-up", "x"];
  const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];

  function trace(each, place, shown, drawLines, axes) {
    const paint = colour("diagram-" + each.role);
    const common = {
      x: shown.periods.map((period) => period.short),
      y: each.cells.map((cell) => cell.value),
      customdata: each.cells.map((cell, at) => [plain(shown.periods[at].label), cell.text]),
      hovertemplate: "%{customdata[0]}<br>" + plain(each.name) + ": %{customdata[1]}<extra></extra>",
      name: plain(each.name), meta: { role: each.role }, ...axes,
    };
    const covered = shown.periods.map((period) => period.covered);
    if (drawLines) {
      return {
        ...common, type: "scatter", mode: "lines+markers", connectgaps: false,
        line: { color: paint, width: 2.5, dash: DASHES[place] },
        marker: { color: covered.map((whole) => (whole ? paint : colour("surface"))), size: 8, symbol: MARKERS[place], line: { color: paint, width: 2 } },
      };
    }
    return { ...common, type: "bar", marker: { color: covered.map((whole) => (whole ? paint : colour("surface"))), line: { color: paint, width: 2 } } };
  }

  function axis(more) {
    return { fixedrange: true, showgrid: false, zeroline: false, linecolor: colour("line"), tickcolor: colour("line"), automargin: true, ...more };
  }

  function onPaper(act) {
    const before = paper;
    paper = true;
    try {
      return act();
    } finally {
      paper = before;
    }
  }

  // More lines than can be told apart in one diagram have a panel each, with its name; so they need no legend.
  const inPanels = (shown) => shown.series.length > MOST_IN_ONE;

  function figure(shown, width) {
    const several = inPanels(shown);
    const drawLines = choice.kind === "manad" || shown.periods.length > 12 || shown.series.length > 2;
    const layout = {
      width: width, height: 380, margin: paper ? { l: 64, r: 8, t: 12, b: 40 } : { l: 8, r: 8, t: 12, b: 8 }, showlegend: false, dragmode: false, hovermode: "closest", bargap: Math.max(0.35, 1 - 0.12 * shown.periods.length),
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", separators: "," + BLANK, annotations: [], template: "none",
      font: { family: getComputedStyle(document.body).fontFamily, size: 14, color: colour("text") },
      hoverlabel: { bgcolor: colour("surface"), bordercolor: colour("line"), font: { color: colour("text") }, align: "left" },
    };
    const top = Math.max(1, ...shown.series.flatMap((each) => each.cells.map((cell) => cell.value || 0))) * 1.12;
    const labels = shown.periods.map((period) => period.short);
    const value = { range: [0, top], rangemode: "tozero", showgrid: true, gridcolor: colour("line"), ticksuffix: shown.isShare ? BLANK + "%" : "", nticks: 5, tickformat: ",~r" };
    const across = several ? Math.max(1, Math.min(4, Math.floor(width / 250), shown.series.length)) : 1;
    const every = Math.ceil(labels.length / Math.max(2, Math.floor((width / across - 40) / 90)));
    const period = { type: "category", categoryorder: "array", categoryarray: labels, tickmode: "array", tickvals: labels.filter((_, at) => (labels.length - 1 - at) % every === 0), tickangle: 0, range: [-0.6, labels.length - 0.4], ticks: "outside" };
    const traces = [];
    if (!several) {
      layout.xaxis = axis(period);
      layout.yaxis = axis(value);
      shown.series.forEach((each, at) => traces.push(trace(each, at, shown, drawLines, {})));
    } else {
      const down = Math.ceil(shown.series.length / across);
      const gapX = 44 / width, height = 190;
      layout.height = down * height + 20;
      const gapY = 66 / layout.height;
      const w = (1 - gapX * (across - 1)) / across, h = (1 - gapY * down) / down;
      shown.series.forEach((each, at) => {
        const column = at % across, row = Math.floor(at / across), end = at ? String(at + 1) : "";
        const x = [column * (w + gapX), column * (w + gapX) + w];
        const y = 1 - row * (h + gapY) - gapY * 0.45;
        layout["xaxis" + end] = axis({ ...period, domain: x, anchor: "y" + end });
        layout["yaxis" + end] = axis({ ...value, nticks: 3, domain: [Math.max(0, y - h), y], anchor: "x" + end, showticklabels: column === 0 });
        layout.annotations.push({ text: "<b>" + plain(each.name) + "</b>", x: x[0], y: y, xref: "paper", yref: "paper", xanchor: "left", yanchor: "bottom", yshift: 4, showarrow: false });
        traces.push(trace(each, 0, shown, drawLines, { xaxis: "x" + end, yaxis: "y" + end }));
      });
    }
    return { data: traces, layout: layout };
  }

  function draw(shown) {
    const place = find("vy-diagram");
    if (!shown.series.length) {
      Plotly.purge(place); // else the numbers of what was shown before stay behind it
      return;
    }
    const width = paper ? PAPER : place.clientWidth;
    if (!width) return;
    const { data, layout } = figure(shown, width);
    place.style.height = layout.height + "px";
    Plotly.react(place, data, layout, CONFIG);
    place.classList.add("drawn");
    const legend = inPanels(shown) || shown.series.length < 2 ? [] : shown.series;
    find("vy-forklaring").replaceChildren(...legend.map((each) => {
      const entry = item("li", each.name);
      const sample = document.createElement("span");
      sample.className = "sample " + each.role;
      entry.prepend(sample);
      return entry;
    }));
  }

  // -- together ---------------------------------------------------------------------------------------------------

  let current = null;
  let turn = 0;

  async function show(isNew) {
    settle();
    fillControls();
    if (isNew) history.replaceState(null, "", address());
    const measure = measures.get(choice.measure);
    const mine = ++turn;
    const files = new Set();
    for (const each of seriesOf(measure)) {
      for (const side of [measure.part, measure.whole]) if (side) files.add(fileOf(side, categoryOf(side, each)));
    }
    const title = heading(measure);
    try {
      await Promise.all([...files].map(load));
    } catch (error) {
      find("vy-rubrik").textContent = "Siffrorna kunde inte läsas: filen " + error.message + " saknas bredvid sidan.";
      return;
    }
    if (mine !== turn) return; // the reader has chosen something else meanwhile
    current = view(measure);
    find("vy-rubrik").textContent = title;
    find("vy-noter").replaceChildren(...notes(measure, current).map((text) => item("li", text)));
    find("vy-diagram").setAttribute("aria-label", alternative(title, current));
    find("vy-diagram").hidden = !current.series.length;
    find("vy-diagram").nextElementSibling.hidden = !current.series.length;
    find("vy-diagram").dataset.file = [choice.measure, choice.kind, choice.by].join("-");
    showTable(title, current);
    showAbout(measure);
    find("vy-kopierad").textContent = "";
    draw(current);
    find("vy").dataset.shown = address();
  }

  fillMeasures();
  readAddress();
  show(false);
  find("val").addEventListener("submit", (event) => event.preventDefault());
  find("val").addEventListener("change", (event) => {
    const name = NAMES[event.target.name];
    choice[name] = event.target.value;
    if (name === "measure") choice.category = choice.subcategory = "*";
    show(true);
  });
  window.addEventListener("hashchange", () => {
    if (!readAddress()) return;
    show(false);
    find("val").scrollIntoView();
    find("matt").focus({ preventScroll: true });
  });
  find("vy-lank").addEventListener("click", () => (
    downloads.copy(location.href.split("#")[0] + address(), (text) => (find("vy-kopierad").textContent = text))));
  downloads.ofDiagram(find("vy-diagram"), (width) => onPaper(() => figure(current, width)), false);
  const again = () => current && draw(current);
  dark.addEventListener("change", again);
  window.addEventListener("resize", again);
  for (const [event, isPaper] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      paper = isPaper;
      again();
    });
  }
})();
