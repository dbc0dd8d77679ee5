// Answers the questions of a chapter with the keyboard.

import { examine } from "./examine.js";
import { expect } from "./until.js";

const STORE = "chainrule questions";
const first = (page, part) => page.$eval(`fieldset.question ${part}`, (found) => found.textContent);
const known = (page) => page.$$eval("main p", (words) => Number(words.map((word) => /answered (\d+) right/.exec(word.textContent)?.[1]).find(Boolean)));

// Chooses one answer after the other until one is right. Returns how many were tried.
async function answer(page, problems) {
  const address = page.url();
  await page.focus("fieldset.question input");
  await page.keyboard.press("Enter");
  expect(problems, "no verdict before a choice", await first(page, ".because") === "");
  await page.keyboard.press(" ");
  // On the button, too, an arrow does not turn the page.
  await page.focus("fieldset.question .check");
  await page.keyboard.press("ArrowRight");
  await page.evaluate(() => new Promise((done) => { setTimeout(done, 300); }));
  expect(problems, "arrows to stay on the page", page.url() === address);
  await page.focus("fieldset.question input:checked");
  const choices = await page.$eval("fieldset.question", (box) => box.querySelectorAll("input").length);
  for (let tries = 1; tries <= choices; tries += 1) {
    await page.keyboard.press("Enter");
    if ((await first(page, ".because")).startsWith("Right.")) return tries;
    expect(problems, "a verdict on a wrong choice", (await first(page, ".because")).startsWith("No,"));
    await page.keyboard.press("ArrowRight");
    const judged = await page.$$eval("fieldset.question .crossed, fieldset.question .ticked", (labels) => labels.length);
    expect(problems, "a choice without a verdict until it is checked", judged === tries);
  }
  problems.push("expected a right answer");
  return choices;
}

// Returns nothing, but adds the problems of a reader of a chapter that has more than three questions.
async function questions(page, problems) {
  expect(problems, "three questions", (await page.$$("fieldset.question")).length === 3);
  const before = await known(page);
  // Another chapter that is open at the same time keeps its answers meanwhile.
  await page.evaluate((store) => localStorage.setItem(store, JSON.stringify({ "other.html": ["Why?"] })), STORE);
  const tries = await answer(page, problems);
  const text = await first(page, "legend");
  expect(problems, "the reason for the right answer", (await first(page, ".because")).length > "Right.".length);
  expect(problems, "only a right first try to count", await known(page) === before + (tries === 1 ? 1 : 0));
  const kept = await page.evaluate((store) => JSON.parse(localStorage.getItem(store)), STORE);
  expect(problems, "the answers of the other chapter", kept["other.html"]?.[0] === "Why?");
  const own = kept[new URL(page.url()).pathname.split("/").pop()];
  expect(problems, "answers by the text of their question", own.includes(text.trim()) === (tries === 1));
  problems.push(...await examine(page));

  await page.focus(".others");
  await page.keyboard.press("Enter");
  expect(problems, "other questions", await first(page, "legend") !== text);
  // Six questions in two draws: the third draw may ask the first question again, and then without its old verdict.
  await page.keyboard.press("Enter");
  const old = await page.$$eval("fieldset.question :is(.ticked, .crossed, input:checked, .because:not(:empty))", (parts) => parts.length);
  expect(problems, "questions without old verdicts", old === 0);
}

export { questions };
