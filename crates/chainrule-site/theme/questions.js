"use strict";

// The questions at the end of a chapter: three at random are asked, the choice is checked, and right answers are kept in the browser.
(() => {
  const DRAWN = 3;
  const STORE = "chainrule questions";
  const all = [...document.querySelectorAll("details.question")];
  if (all.length === 0) return;

  // The questions of this chapter that were answered right at the first try, by their text: an edited chapter has other questions.
  const chapter = location.pathname.split("/").pop();
  const textOf = (details) => details.querySelector("summary").textContent.trim();
  const texts = new Set(all.map(textOf));
  const right = new Set();

  function parsed(text) {
    try {
      return Object(JSON.parse(text));
    } catch {
      return {};
    }
  }

  // Adds what other open pages have kept meanwhile, and keeps all. Returns whether the browser can keep it.
  function keep() {
    try {
      const kept = parsed(localStorage.getItem(STORE));
      for (const text of Array.isArray(kept[chapter]) ? kept[chapter] : []) if (texts.has(text)) right.add(text);
      localStorage.setItem(STORE, JSON.stringify({ ...kept, [chapter]: [...right] }));
      return true;
    } catch {
      return false;
    }
  }
  let keeps = keep();

  function button(className, type, words) {
    return Object.assign(document.createElement("button"), { className, type, textContent: words });
  }

  // Makes the form of a question, and the function that clears it.
  function ask(details, index) {
    const text = textOf(details);
    const form = document.createElement("form");
    const box = form.appendChild(document.createElement("fieldset"));
    box.className = "question";
    const legend = box.appendChild(document.createElement("legend"));
    legend.append(...details.querySelector("summary").childNodes);
    const list = details.querySelector("ul");
    const why = [...details.children].filter((part) => part !== list && part.tagName !== "SUMMARY");
    const choices = [...list.children].map((item) => {
      const ticked = item.querySelector("input").checked;
      item.querySelector("input").remove();
      const label = box.appendChild(document.createElement("label"));
      const input = label.appendChild(document.createElement("input"));
      Object.assign(input, { type: "radio", name: `question-${index}` });
      label.append(...item.childNodes);
      // Not every browser takes a formula as the name of what is beside it.
      if (label.querySelector("math")) input.setAttribute("aria-label", label.textContent.trim());
      return { input, label, ticked };
    });
    const check = box.appendChild(button("check", "submit", "Check"));
    const because = box.appendChild(document.createElement("div"));
    because.className = "because";
    because.setAttribute("role", "status");

    let tries, solved;
    const allow = (allowed) => check.setAttribute("aria-disabled", !allowed);
    const clear = () => {
      form.reset();
      for (const { label } of choices) label.className = "";
      because.replaceChildren();
      tries = 0;
      solved = false;
      allow(false);
    };
    form.addEventListener("change", () => allow(!solved));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (check.getAttribute("aria-disabled") === "true") return;
      const { label, ticked } = choices.find(({ input }) => input.checked);
      tries += 1;
      solved = ticked;
      allow(false);
      label.className = ticked ? "ticked" : "crossed";
      const verdict = document.createElement("strong");
      verdict.textContent = ticked ? "Right." : "No, try again.";
      because.replaceChildren(verdict, ...(ticked ? why : []));
      if (ticked && tries === 1) right.add(text);
      keeps = keep();
      count();
    });
    // mdBook leaves arrows to the choices; on the button they do not lead to the next chapter either.
    box.addEventListener("keydown", (event) => {
      if (event.key.startsWith("Arrow")) event.stopPropagation();
    });
    return { text, form, clear };
  }

  const questions = all.map(ask);
  const words = document.createElement("p");
  const asked = document.createElement("div");
  const others = button("others", "button", "Other questions");
  all[0].previousElementSibling.replaceWith(words);
  all[0].before(asked);
  all[all.length - 1].after(others);
  for (const details of all) details.remove();
  others.hidden = all.length <= DRAWN;

  function count() {
    const remembers = keeps ? "this browser remembers it" : "this browser cannot keep it after you leave the page";
    words.textContent = `Three of ${all.length} questions, drawn at random. Of this chapter's questions you have answered ${
      right.size} right at the first try; ${remembers}.`;
  }

  let shown = [];

  // Draws questions, first those that are neither answered nor shown.
  function draw() {
    const shuffled = questions.map((question) => [right.has(question.text) || shown.includes(question), Math.random(), question]);
    shuffled.sort(([seen, a], [other, b]) => seen - other || a - b);
    shown = shuffled.slice(0, DRAWN).map(([, , question]) => question);
    for (const { clear } of shown) clear();
    asked.replaceChildren(...shown.map(({ form }) => form));
  }
  others.addEventListener("click", draw);
  count();
  draw();
})();
