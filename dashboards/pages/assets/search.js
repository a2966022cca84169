"use strict";
// Searches the index that data/sok.js gives: each line is an address, a heading, its page's title and the words below it.
window.kaaSearch = function (index) {
  const MOST = 30;
  const field = document.getElementById("sokord");
  const answer = document.getElementById("svar");
  const list = document.getElementById("traffar");
  const lower = (text) => text.toLocaleLowerCase("sv");
  const lines = index.map(([address, heading, title, words]) => (
    { address, heading, title, inHeading: lower(heading), inAll: lower([heading, title, words].join(" ")) }
  ));

  // A word may stand anywhere in another: "försök" is found in "kontaktförsök". The heading says more than what is below it.
  function find(text) {
    const asked = lower(text).split(/\s+/).filter(Boolean);
    const weigh = (line) => asked.reduce(
      (sum, word) => sum + (line.inHeading.startsWith(word) ? 3 : line.inHeading.includes(word) ? 2 : 0),
      line.inHeading === asked.join(" ") ? 1 : 0);
    return lines
      .filter((line) => asked.length && asked.every((word) => line.inAll.includes(word)))
      .map((line) => [weigh(line), line])
      .sort((one, other) => other[0] - one[0])
      .map(([, line]) => line);
  }

  function show() {
    const text = field.value.trim();
    const found = text.length > 1 ? find(text) : [];
    list.replaceChildren(...found.slice(0, MOST).map((line) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = line.address;
      link.textContent = line.heading;
      item.append(link);
      if (line.title !== line.heading) {
        const where = document.createElement("span");
        where.className = "where";
        where.textContent = line.title;
        item.append(" ", where);
      }
      return item;
    }));
    if (text.length < 2) answer.textContent = "";
    else if (!found.length) answer.textContent = "Inga träffar. Pröva ett kortare eller annat ord, eller välj bland alla sidor nedan.";
    else if (found.length > MOST) answer.textContent = found.length + " träffar. De första " + MOST + " visas.";
    else answer.textContent = found.length === 1 ? "1 träff." : found.length + " träffar.";
  }

  field.addEventListener("input", show);
  field.form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  field.value = new URLSearchParams(location.search).get("q") || "";
  show();
};
