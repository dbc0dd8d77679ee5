"use strict";

// The questions at the end of a chapter: three at random are asked, the choice is checked, and right answers are kept in the browser.
(() => {
  const DRAWN = 3;
  const STORE = "chainrule questions";
  const all = [...document.querySelectorAll("details.question")];
  if (all.length === 0) return;

  // The places of the questions of each chapter that were answered right at the first try.
  const chapter = location.pathname.split("/").pop();
  const kept = (() => {
    try {
      return JSON.parse(localStorage.getItem(STORE)) ?? {};
    } catch {
      return {};
    }
  })();
  const right = new Set(Array.isArray(kept[chapter]) ? kept[chapter].filter((place) => place < all.length) : []);
  function keep() {
    try {
      localStorage.setItem(STORE, JSON.stringify({ ...kept, [chapter]: [...right] }));
    } catch {
      // A browser may keep nothing for pages from files. The count then holds until the page is left.
    }
  }

  const questions = all.map((details, place) => {
    const box = document.createElement("fieldset");
    box.className = "question";
    const legend = box.appendChild(document.createElement("legend"));
    legend.append(...details.querySelector("summary").childNodes);
    const list = details.querySelector("ul");
    const because = document.createElement("div");
    because.className = "because";
    because.setAttribute("role", "status");
    const why = [...details.children].filter((part) => part !== list && part.tagName !== "SUMMARY");
    let tries = 0;
    for (const item of list.children) {
      const ticked = item.querySelector("input").checked;
      item.querySelector("input").remove();
      const label = box.appendChild(document.createElement("label"));
      const choice = label.appendChild(document.createElement("input"));
      Object.assign(choice, { type: "radio", name: `question-${place}` });
      label.append(...item.childNodes);
      choice.addEventListener("change", () => {
        tries += 1;
        if (ticked && tries === 1) right.add(place);
        label.classList.add(ticked ? "ticked" : "crossed");
        const verdict = document.createElement("strong");
        verdict.textContent = ticked ? "Right." : "No, try again.";
        because.replaceChildren(verdict, ...(ticked ? why : []));
        keep();
        count();
      });
    }
    box.append(because);
    return box;
  });

  const words = document.createElement("p");
  const others = document.createElement("button");
  Object.assign(others, { type: "button", textContent: "Other questions", className: "others" });
  const place = document.createElement("div");
  all[0].previousElementSibling.replaceWith(words);
  all[0].before(place);
  all[all.length - 1].after(others);
  for (const details of all) details.remove();
  others.hidden = all.length <= DRAWN;

  function count() {
    words.textContent = `Three of ${all.length} questions, drawn at random. Of this chapter's questions you have answered ${
      right.size} right at the first try; this browser remembers it.`;
  }

  const shown = new Set();

  // Draws questions, first those that are neither answered nor shown.
  function draw() {
    const shuffled = questions.map((box, at) => [right.has(at) || shown.has(at), Math.random(), box, at]);
    shuffled.sort(([seen, a], [other, b]) => seen - other || a - b);
    const drawn = shuffled.slice(0, DRAWN);
    shown.clear();
    for (const [, , , at] of drawn) shown.add(at);
    place.replaceChildren(...drawn.map(([, , box]) => box));
  }
  others.addEventListener("click", draw);
  count();
  draw();
})();
