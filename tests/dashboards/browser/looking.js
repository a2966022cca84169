// What the tests ask of a page. Every answer is a list of sentences: empty means that all is well.
window.looking = (() => {
  const SLACK = 1.5; // px: rounding of sub-pixels
  const TOUCH = 3; // px: letters may touch, not lie over each other

  const name = (element) => {
    const id = element.id ? "#" + element.id : "";
    const kind = typeof element.className === "string" && element.className ? "." + element.className.trim().split(/\s+/).join(".") : "";
    return element.tagName.toLowerCase() + id + kind + " “" + (element.textContent || "").trim().slice(0, 40) + "”";
  };
  // For screen readers only; what is folded away has no boxes at all.
  const unseen = (element) => element.closest(".unseen, .skip, noscript") !== null ||
    (element.checkVisibility && !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) ||
    hiddenByClip(element);
  const clipCache = new Map();
  function hiddenByClip(element) {
    if (!element || element === document.documentElement) return false;
    if (!clipCache.has(element)) {
      clipCache.set(element, getComputedStyle(element).clipPath === "inset(50%)" || hiddenByClip(element.parentElement));
    }
    return clipCache.get(element);
  }

  // Boxes that cut what they hold: what is scrolled out of them is not seen.
  const cutters = new Map();
  function cutter(element) {
    if (!element || element === document.documentElement) return null;
    if (!cutters.has(element)) {
      const style = getComputedStyle(element);
      const cuts = element !== document.body && (style.overflowX !== "visible" || style.overflowY !== "visible") && !(element instanceof SVGElement);
      cutters.set(element, cuts ? element : cutter(element.parentElement));
    }
    return cutters.get(element);
  }
  function seenPart(rect, element) {
    let box = { left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom };
    for (let cut = cutter(element); cut; cut = cutter(cut.parentElement)) {
      const by = cut.getBoundingClientRect();
      box = { left: Math.max(box.left, by.left), right: Math.min(box.right, by.right), top: Math.max(box.top, by.top), bottom: Math.min(box.bottom, by.bottom) };
    }
    return box.right - box.left > 1 && box.bottom - box.top > 1 ? box : null;
  }
  const floats = new Map();
  function floating(element) { // sticky and fixed boxes lie over others on purpose
    if (!element || element === document.documentElement) return false;
    if (!floats.has(element)) {
      floats.set(element, ["sticky", "fixed"].includes(getComputedStyle(element).position) || floating(element.parentElement));
    }
    return floats.get(element);
  }

  // The boxes of all text that is seen: {owner, text, left, right, top, bottom}
  function texts() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.textContent.trim() || ["SCRIPT", "STYLE", "OPTION", "NOSCRIPT"].includes(parent.tagName)) continue;
      const svgText = parent.closest("svg text");
      const range = document.createRange();
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()];
      if (!rects.length || unseen(parent) || floating(parent)) continue;
      for (const rect of rects) {
        const box = seenPart(rect, parent);
        if (box) found.push({ ...box, owner: svgText || node, text: node.textContent.trim().slice(0, 40) });
      }
    }
    return found;
  }

  function overlapping() {
    const faults = new Set();
    const boxes = texts().sort((a, b) => a.top - b.top);
    boxes.forEach((one, place) => {
      for (let next = place + 1; next < boxes.length && boxes[next].top < one.bottom - TOUCH; next++) {
        const other = boxes[next];
        if (one.owner === other.owner) continue;
        const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const high = Math.min(one.bottom, other.bottom) - other.top;
        if (wide > TOUCH && high > Math.max(TOUCH, 0.3 * Math.min(one.bottom - one.top, other.bottom - other.top))) {
          faults.add("“" + one.text + "” lies over “" + other.text + "”");
        }
      }
    });
    return [...faults];
  }

  // The box of a text without the blanks before it.
  function inkOf(text) {
    const box = text.getBoundingClientRect();
    const blanks = text.textContent.search(/\S/);
    const left = box.left + (blanks > 0 ? text.getSubStringLength(0, blanks) : 0);
    return { left: left, right: box.right, top: box.top, bottom: box.bottom, width: box.right - left };
  }

  // Labels and numbers of a diagram that a mark, a point or a line of it lies over.
  function struckThrough() {
    const faults = new Set();
    for (const svg of document.querySelectorAll(".drawing .main-svg")) {
      const words = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()).map((text) => [text, inkOf(text)]);
      for (const stroke of svg.querySelectorAll(".scatterlayer .points path, .shapelayer path, .xgrid")) {
        const line = stroke.getBoundingClientRect(); // without the pen's own breadth
        const pen = parseFloat(getComputedStyle(stroke).strokeWidth) / 2 || 0;
        for (const [text, box] of words) {
          const wide = Math.min(line.right + pen, box.right) - Math.max(line.left - pen, box.left);
          const high = Math.min(line.bottom, box.bottom) - Math.max(line.top, box.top);
          if (box.width && wide > SLACK && high > SLACK) faults.add("“" + text.textContent + "” is struck through");
        }
      }
    }
    return [...faults];
  }

  function cutOff() {
    const faults = [];
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) faults.push("the page is " + page.scrollWidth + " px wide, the window " + page.clientWidth);
    for (const element of document.body.querySelectorAll("*:not(svg):not(svg *):not(script):not(option)")) {
      if (!element.getClientRects().length || unseen(element)) continue;
      const style = getComputedStyle(element);
      if (element.clientWidth && ["hidden", "clip"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + SLACK && !element.closest(".drawing")) {
        faults.push(name(element) + " is cut off at the side");
      }
      if (element.clientHeight && ["hidden", "clip"].includes(style.overflowY) && element.scrollHeight > element.clientHeight + SLACK && !element.closest(".drawing")) {
        faults.push(name(element) + " is cut off at the bottom");
      }
      const cut = cutter(element.parentElement);
      const rect = element.getBoundingClientRect();
      if (!cut && (rect.right > page.clientWidth + SLACK || rect.left < -SLACK)) faults.push(name(element) + " is outside the page");
    }
    for (const svg of document.querySelectorAll("svg.main-svg")) {
      const box = svg.getBoundingClientRect();
      for (const text of svg.querySelectorAll("text")) {
        const own = text.getBoundingClientRect();
        if (own.width && (own.left < box.left - SLACK || own.right > box.right + SLACK || own.top < box.top - 2 * SLACK || own.bottom > box.bottom + 2 * SLACK)) {
          faults.push("“" + text.textContent + "” is outside its diagram");
        }
      }
    }
    return [...new Set(faults)];
  }

  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
  let numbered = [];
  function number() {
    numbered = [...document.querySelectorAll(CONTROLS)].filter((element) => element.tabIndex >= 0 && !element.disabled &&
      element.getClientRects().length && (element.checkVisibility ? element.checkVisibility({ visibilityProperty: true }) : true) &&
      // Of radio buttons with one name only the chosen one is a stop.
      !(element.type === "radio" && !element.checked && document.querySelector("input[type=radio][name='" + element.name + "']:checked")));
    return numbered.map(name);
  }

  // The element that has the focus: its place in the document's order, and what is wrong with how it shows that.
  let last = -1;
  function stop() {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    let place = numbered.indexOf(element);
    if (place < 0) { // a box that scrolls is a stop by itself in some browsers
      numbered.push(element);
      place = numbered.length - 1;
    }
    const faults = [];
    const shown = element.matches("input[type=radio], input[type=checkbox]") && element.closest("label") ? [element, element.closest("label")] : [element];
    const visible = shown.some((one) => {
      const style = getComputedStyle(one);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    }) || shown.some((one) => one.nextElementSibling && getComputedStyle(one.nextElementSibling).outlineStyle !== "none");
    if (!visible) faults.push("shows no focus");
    const rect = (shown[1] || element).getBoundingClientRect();
    if (rect.bottom < 0 || rect.top > innerHeight || rect.right < 0 || rect.left > innerWidth) faults.push("is not in the window when it has the focus");
    if (place < last && place < numbered.length - 1) faults.push("comes after what follows it");
    last = Math.max(last, place);
    return { place: place, name: name(element), faults: faults, tag: element.tagName, type: element.type || "" };
  }

  // For each diagram: every value drawn stands in the table behind it, in the row of its label.
  function drawnAndTabled() {
    const faults = [];
    const clean = (text) => String(text).replace(/<[^>]*>/g, "").replace(/&amp;/g, "&").replace(/[()]/g, "").replace(/\s+/g, " ").trim();
    const sign = (text) => { const tidy = clean(text); return tidy === "0" || tidy === "0 %" ? "–" : tidy; };
    let compared = 0;
    const trend = document.getElementById("vy-diagram");
    if (trend && trend.data) {
      if (!(trend.getAttribute("aria-label") || "").includes(document.getElementById("vy-rubrik").textContent)) faults.push("the trend has no text alternative");
      const rows = new Map([...document.querySelectorAll("#vy-tabell tbody tr")].map((row) => [clean(row.querySelector("th").textContent), [...row.querySelectorAll("td")].map((cell) => sign(cell.textContent))]));
      for (const trace of trend.data) {
        trace.customdata.forEach(([period, text]) => {
          const row = rows.get(clean(period).replace(/\*$/, "")) || rows.get(clean(period)) || rows.get(clean(trace.name));
          if (!row || !row.includes(sign(text))) faults.push("trend: " + trace.name + " " + period + ": " + text + " is not in the table");
          compared++;
        });
      }
    }
    for (const place of document.querySelectorAll(".drawing[data-diagram]")) {
      const table = place.closest("section").querySelector("table");
      if (!place.getAttribute("aria-label")) faults.push(place.dataset.diagram + " has no text alternative");
      if (!table) { faults.push(place.dataset.diagram + " has no table"); continue; }
      const lines = (rows) => rows.map((row) => [clean(row.querySelector("th").textContent), [...row.querySelectorAll("td")].map((cell) => sign(cell.textContent))]);
      const rows = new Map(lines([...table.querySelectorAll("tbody tr")]));
      const heads = new Map([...table.querySelectorAll("thead th")].map((head) => [clean(head.textContent), [].concat(...rows.values())]));
      for (const trace of place.data) {
        if (!trace.customdata) continue;
        trace.customdata.forEach((label, point) => {
          const text = sign((trace.hovertext || trace.text)[point]);
          const row = rows.get(clean(label)) || heads.get(clean(label)); // a bar may stand for a column of its table
          if (!row) faults.push(place.dataset.diagram + ": no row " + label);
          else if (!row.some((cell) => cell === text || (text === "–" && cell === "."))) faults.push(place.dataset.diagram + ": " + text + " is not in the row " + label);
          compared++;
        });
      }
    }
    return { faults: faults, compared: compared };
  }

  // Resolves when nothing has moved from one frame to the next.
  async function settled() {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    let before = "";
    for (let still = 0, round = 0; still < 1 && round < 100; round++) {
      await frame();
      const view = document.getElementById("vy");
      const waits = view && !view.closest("[hidden]") && !view.dataset.shown ? round : 0;
      const now = [waits, document.documentElement.scrollHeight, document.querySelectorAll(".drawing:not([hidden]) .main-svg").length,
        ...[...document.querySelectorAll(".main-svg")].map((svg) => svg.getAttribute("width"))].join();
      still = now === before ? still + 1 : 0;
      before = now;
    }
    clipCache.clear(); cutters.clear(); floats.clear();
  }

  return { misplaced: () => { clipCache.clear(); cutters.clear(); floats.clear(); return [...cutOff(), ...overlapping(), ...struckThrough()]; }, number, stop, drawnAndTabled, settled };
})();
