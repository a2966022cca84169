"use strict";
// Draws the diagrams of a page. The numbers, light colours and wide layout come with the page; here only what depends on the
// reader's screen: dark colours, and labels above the bars where the column is narrow. On paper it is the page's own again.
(function () {
  const NARROW = 560; // px: below this a column of labels would leave the bars no room
  const PAPER = 660; // px: the width between the margins of an A4 page
  const PAPER_ZOOM = 0.64; // on paper bars, blanks and marks are so much smaller than on a screen
  const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  const pen = document.createElement("canvas").getContext("2d");
  function widest(texts, font) {
    pen.font = font.size + "px " + font.family;
    return Math.max(0, ...texts.map((text) => pen.measureText(text).width));
  }

  // ``ground``: what it is drawn on: "screen", "paper" or "picture", which is as large as a screen and in the colours of paper.
  function dressed(figure, width, ground) {
    const copy = JSON.parse(JSON.stringify(figure));
    const layout = copy.layout;
    const zoom = ground === "paper" ? PAPER_ZOOM : 1;
    if (ground === "paper") {
      layout.font.size = 11;
      // The marks are measured in pixels: unless they shrink with their bars they strike through the numbers beside them.
      for (const trace of copy.data) if (trace.mode === "markers") trace.marker.size *= zoom;
      for (const name of layout.annotations || []) name.ay *= zoom;
      for (const stroke of layout.shapes || []) {
        stroke.y0 *= zoom;
        stroke.y1 *= zoom;
      }
    } else if (ground === "screen") {
      layout.font.color = colour("text");
      layout.hoverlabel = { bgcolor: colour("surface"), bordercolor: colour("line"), font: { color: colour("text") } };
      for (const trace of copy.data) {
        const paint = colour("diagram-" + trace.meta.role);
        if (trace.type === "bar") trace.marker.color = paint;
        else if (trace.mode === "lines") trace.line.color = paint;
        else if (trace.mode === "markers") {
          trace.marker.line.color = paint;
          if (trace.marker.color) trace.marker.color = trace.meta.hollow ? colour("surface") : paint;
        }
      }
      for (const axis of [layout.xaxis, layout.yaxis]) {
        if (axis.gridcolor) axis.gridcolor = colour("line");
        if (axis.zerolinecolor) axis.zerolinecolor = colour("muted");
      }
      for (const name of layout.annotations || []) {
        if (name.bgcolor) name.bgcolor = colour("surface") + name.bgcolor.slice(-2);
        name.arrowcolor = colour("muted");
      }
      for (const stroke of layout.shapes || []) stroke.line.color = colour("diagram-target");
    }
    if (!still.matches) layout.transition = { duration: 200 }; // with a duration of 0 Plotly divides by it
    if (layout.yaxis.ticktext) nameRows(layout, width, zoom);
    layout.height *= zoom;
    layout.width = width;
    return copy;
  }

  // A diagram with two axes has none of this: its names stand where its dots are.
  function nameRows(layout, width, zoom) {
    const labels = widest(layout.yaxis.ticktext, layout.font) + 18;
    const narrow = width < NARROW || labels > width / 2;
    layout.margin.l = !narrow ? labels : layout.xaxis.visible ? 16 : 0; // half of "0 %"
    const room = width - layout.margin.l;
    const [start, reach] = [layout.xaxis.range[0], layout.meta.reach];
    layout.xaxis.range[1] = start + ((reach - start) * room) / (room - widest(layout.meta.numbers, layout.font) - 14);
    if (layout.xaxis.tickvals) {
      layout.xaxis.tickangle = 0;
      const apart = (layout.xaxis.tickvals[1] * room) / (layout.xaxis.range[1] - start);
      if (apart < 44) for (const list of ["tickvals", "ticktext"]) layout.xaxis[list] = layout.xaxis[list].filter((_, at) => at % 2 === 0);
    }
    if (narrow) {
      layout.height = layout.meta.narrowHeight;
      layout.bargap = layout.scattergap = layout.meta.narrowGap;
      layout.yaxis.showticklabels = layout.xaxis.showgrid = false; // the grid would strike through the labels above the rows
      layout.annotations = layout.yaxis.ticktext.map((text, row) => ({
        text: text, x: 0, y: row, xref: "paper", yref: "y", xanchor: "left", yanchor: "middle", align: "left",
        xshift: -2, yshift: layout.meta.labelShift * zoom, showarrow: false,
      }));
    }
  }

  const diagrams = Array.from(document.querySelectorAll("[data-diagram]")).map((place) => ({
    place: place,
    figure: JSON.parse(document.getElementById(place.dataset.diagram).textContent),
    state: "",
  }));

  let paper = false;

  function draw(diagram) {
    const width = paper ? PAPER : diagram.place.clientWidth;
    const state = [paper, width, dark.matches].join();
    if (diagram.state === state) return;
    diagram.state = state;
    const figure = dressed(diagram.figure, width, paper ? "paper" : "screen");
    diagram.place.style.height = figure.layout.height + "px";
    Plotly.react(diagram.place, figure.data, figure.layout, CONFIG);
    diagram.place.classList.add("drawn");
  }

  function drawAll() {
    diagrams.forEach(draw);
  }

  drawAll();
  for (const diagram of diagrams) {
    downloads.ofDiagram(diagram.place, (width) => dressed(diagram.figure, width, "picture"), true);
  }
  dark.addEventListener("change", drawAll);
  window.addEventListener("resize", drawAll);
  for (const [event, isPaper] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      paper = isPaper;
      drawAll();
    });
  }
})();
