"use strict";
// What a reader takes along: a link to a diagram or its picture, and a table as CSV. All is made here, of what the page holds, so
// that it works from disk too. Without JavaScript the buttons are not there, and nothing that is read is missing.
window.downloads = (function () {
  const WIDTH = 900, EDGE = 20; // px: a picture, and the blank around what it holds
  const SHARPER = 2; // a PNG has so many dots for each px

  function button(text, heading, act) {
    const element = document.createElement("button");
    const rest = document.createElement("span");
    element.type = "button";
    rest.className = "unseen";
    rest.textContent = ": " + heading;
    element.append(text, rest);
    element.addEventListener("click", act);
    return element;
  }

  function tools(place, buttons) {
    const line = document.createElement("p");
    const said = document.createElement("span");
    line.className = "tools";
    said.setAttribute("role", "status");
    line.append(...buttons((text) => (said.textContent = text)), said);
    place.after(line);
  }

  function save(name, content, kind) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: kind }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function copy(address, tell) {
    try {
      await navigator.clipboard.writeText(address);
      tell("Länken är kopierad.");
    } catch (error) {
      location.hash = new URL(address).hash;
      tell("Länken står i adressfältet.");
    }
  }

  // -- tables -----------------------------------------------------------------------------------------------------

  // Excel in Swedish reads semicolons and decimal commas; the first sign tells it that the letters are UTF-8.
  // A name that begins as a formula does is a text there too.
  const quoted = (text) => '"' + text.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""') + '"';
  function csv(heads, rows) {
    const lines = [heads.map(quoted), ...rows.map(([name, ...cells]) => [quoted(name), ...cells])];
    return "\ufeff" + lines.map((line) => line.join(";") + "\r\n").join("");
  }

  // The headings of the columns, each with the one that it has in common with others.
  function headsOf(table) {
    const [first, second] = Array.from(table.tHead.rows, (row) => Array.from(row.cells));
    if (!second) return first.map((cell) => cell.textContent.trim());
    return first.flatMap((cell) => (
      cell.scope === "colgroup" ? second.splice(0, cell.colSpan).map((below) => cell.textContent.trim() + ", " + below.textContent.trim())
        : cell.textContent.trim()));
  }

  // The numbers behind the table: shares are rounded in it, and stand unrounded beside it.
  function csvOf(table) {
    const shares = (table.dataset.shares || "").split(" ");
    const heads = headsOf(table);
    const rows = Array.from(table.querySelectorAll("tbody tr"), (row) => Array.from(row.cells, (cell, place) => {
      const text = cell.textContent.trim();
      if (!place) return text;
      if (text.endsWith("%")) {
        if (!heads[place].endsWith(" (procent)")) heads[place] += " (procent)";
        return shares.shift();
      }
      return text === "–" ? "0" : text.replaceAll("\u00a0", "").replace("−", "-");
    }));
    return csv(heads, rows);
  }

  for (const table of document.querySelectorAll("table[data-file]")) {
    // A table that has files of its own is offered as these.
    const section = table.closest("section");
    if (section && section.querySelector(".files[data-files]")) continue;
    tools(table.closest(".scroll"), () => [
      button("Spara tabellen (CSV)", table.caption.textContent.trim(), () => save(table.dataset.file + ".csv", csvOf(table), "text/csv")),
    ]);
  }

  // -- pictures ---------------------------------------------------------------------------------------------------

  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const pen = document.createElement("canvas").getContext("2d");

  // Text in lines that fit, as Plotly takes them.
  function wrapped(text, size, weight, family) {
    pen.font = weight + " " + size + "px " + family;
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = (lines[lines.length - 1] + " " + word).trim();
      if (pen.measureText(longer).width > WIDTH - 2 * EDGE) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines.map(plain);
  }

  // What an entry of the legend stands for looks like in the picture: a letter in its colour.
  function sign(entry, figure) {
    const sample = entry.querySelector(".sample"), drawn = entry.querySelector("svg");
    const role = sample ? sample.classList[1] : /--diagram-(\w+)/.exec(drawn.getAttribute("style"))[1];
    if (role === "target") return ["┆", figure.layout.shapes[0].line.color];
    const traces = figure.data.filter((each) => each.meta && each.meta.role === role && each.mode !== "text");
    const trace = traces.find((each) => each.mode !== "lines") || traces[0];
    const paint = trace.mode === "lines" ? trace.line.color : trace.type === "bar" ? trace.marker.color : trace.marker.line.color;
    if (drawn) return [drawn.querySelector("circle") ? "●" : drawn.querySelector("[fill]") ? "◆" : drawn.querySelector("[stroke-dasharray]") ? "┅" : "—", paint];
    return [trace.type === "bar" ? "■" : role === "mark" ? "|" : trace.meta.hollow ? "○" : "●", paint];
  }

  function legendOf(section, figure) {
    return Array.from(section.querySelectorAll(".legend li"), (entry) => {
      const [letter, paint] = sign(entry, figure);
      return '<span style="color:' + paint + '">' + letter + "</span> " + plain(entry.textContent.trim());
    }).join(" \u00a0 \u00a0");
  }

  // The figure on white, below what it says and above where it is from, for whom, and of which period.
  function composed(place, figure) {
    const section = place.closest("section");
    const { data, layout } = figure;
    const family = layout.font.family;
    const shows = section.querySelector(".shows");
    const head = section.querySelector("h2, h3");
    const lines = wrapped(head.innerText.replace(/\s+/g, " ").trim(), 19, "bold", family).map((line) => ["<b>" + line + "</b>", 19]);
    if (shows) lines.push(...wrapped(shows.innerText.replace(/\s+/g, " ").trim(), 15, "normal", family).map((line) => [line, 15]));
    const legend = legendOf(section, figure);
    if (legend) lines.push([legend, 15]);
    const audience = document.querySelector(".audience");
    const below = wrapped(place.dataset.source + (audience ? " " + audience.textContent.trim() : ""), 12, "normal", family);
    const top = EDGE + 8 + 26 * lines.length + 8, bottom = 17 * below.length + EDGE + 10;
    const margin = layout.margin;
    const left = margin.l + EDGE;
    layout.annotations = [...(layout.annotations || []), {
      text: below.join("<br>"), font: { size: 12 }, align: "left", showarrow: false, xref: "paper", yref: "paper", x: 0, y: 0,
      xanchor: "left", yanchor: "top", xshift: EDGE - left, yshift: -margin.b - 10,
    }];
    layout.title = {
      text: lines.map(([text, size]) => '<span style="font-size:' + size + 'px">' + text + "</span>").join("<br>"),
      x: EDGE / WIDTH, xanchor: "left", yref: "container", yanchor: "top", font: { size: 19 },
    };
    layout.height += top + bottom - margin.t;
    layout.title.y = 1 - (EDGE + 12) / layout.height; // Plotly measures from within the first line
    layout.margin = { ...margin, l: left, r: margin.r + EDGE, t: top, b: margin.b + bottom };
    layout.width = WIDTH;
    layout.paper_bgcolor = layout.plot_bgcolor = "#ffffff";
    delete layout.transition;
    return { data: data, layout: layout };
  }

  async function picture(place, figure) {
    const { data, layout } = composed(place, figure);
    const size = { width: layout.width, height: layout.height };
    const svg = decodeURIComponent((await Plotly.toImage({ data: data, layout: layout }, { format: "svg", ...size })).split(",", 2)[1]);
    return { svg: svg, ...size };
  }

  // Drawn here, since the server's policy lets no picture be read from a blob, as Plotly's own PNG is.
  async function png(drawn) {
    const image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(drawn.svg);
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = drawn.width * SHARPER;
    canvas.height = drawn.height * SHARPER;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  // The buttons of a diagram. ``figureOf``: its figure in the colours of paper, for a picture of a width.
  function ofDiagram(place, figureOf, withLink) {
    const section = place.closest("section");
    const heading = () => section.querySelector("h2, h3").textContent.trim();
    const drawn = () => picture(place, figureOf(WIDTH - 2 * EDGE));
    tools(place, (tell) => [
      ...(withLink ? [button("Kopiera länk", heading(), () => copy(location.href.split("#")[0] + "#" + section.id, tell))] : []),
      button("Spara bild (PNG)", heading(), async () => save(place.dataset.file + ".png", await png(await drawn()))),
      button("Spara bild (SVG)", heading(), async () => save(place.dataset.file + ".svg", (await drawn()).svg, "image/svg+xml")),
    ]);
  }

  return { csv: csv, copy: copy, ofDiagram: ofDiagram, picture: picture };
})();
