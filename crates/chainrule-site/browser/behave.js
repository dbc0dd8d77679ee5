// Uses the site as a reader does: searches, changes the theme, opens the list of pages, steps through a page in a frame, answers questions.

import { examine } from "./examine.js";
import { questions } from "./questions.js";
import { expect } from "./until.js";

async function search(page, problems) {
  await page.keyboard.press("/");
  await page.waitForSelector("#mdbook-searchbar-outer:not(.searching)", { visible: true });
  await page.type("#mdbook-searchbar", "upstream");
  await page.waitForSelector("#mdbook-searchresults li a");
  const results = await page.$$eval("#mdbook-searchresults a", (links) => links.map((link) => link.href));
  expect(problems, "chapter 9 among the results", results.some((link) => link.includes("course/09-chain.html")));
  problems.push(...await examine(page));
  await page.keyboard.press("Escape");
}

// A page in a frame follows the theme that the reader chose, whatever the system prefers.
async function theme(page, problems) {
  const handle = await page.waitForSelector("iframe[title]");
  await handle.scrollIntoView();
  const inside = await handle.contentFrame();
  await inside.waitForSelector("#next");
  for (const [button, scheme] of [["coal", "dark"], ["light", "light"]]) {
    await page.$eval("#mdbook-theme-toggle", (toggle) => toggle.click());
    await page.waitForSelector("#mdbook-theme-list", { visible: true });
    problems.push(...await examine(page));
    await page.$eval(`#mdbook-theme-${button}`, (choice) => choice.click());
    await inside.waitForFunction((scheme) => matchMedia(`(prefers-color-scheme: ${scheme})`).matches, {}, scheme);
    await page.$eval("#mdbook-theme-toggle", (toggle) => toggle.click());
  }
  await page.evaluate(() => localStorage.clear());
}

async function list(page, problems) {
  const shown = () => page.$eval("#mdbook-sidebar-toggle", (button) => button.getAttribute("aria-expanded"));
  const before = await shown();
  await page.focus("#mdbook-sidebar-toggle");
  await page.keyboard.press("Enter");
  expect(problems, "the list of pages to open or close", await shown() !== before);
  problems.push(...await examine(page));
}

async function frame(page, problems) {
  const handle = await page.waitForSelector("iframe[title]");
  await handle.scrollIntoView();
  const inside = await handle.contentFrame();
  await inside.waitForSelector("#next");
  const count = () => inside.$eval("#count", (count) => count.textContent);
  const before = await count();
  await inside.$eval("#next", (button) => button.click());
  expect(problems, "a step in the frame", await count() !== before);
}

// Returns the problems of a reader who has opened a chapter with a page in a frame.
async function behave(page) {
  const problems = [];
  for (const use of [search, theme, list, frame, questions]) await use(page, problems);
  return problems;
}

export { behave };
