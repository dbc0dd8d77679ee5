// Uses the playground as a reader does: types formulas, makes a mistake, opens a link, steps through the graph.

import { examine } from "./examine.js";
import { step } from "./graph.js";
import { expect, until } from "./until.js";

const shows = (page, problems, output) => until(page, problems, `"${output}"`,
  (output) => document.getElementById("output")?.textContent === output, output);

async function started(page, problems) {
  await until(page, problems, "the engine to start",
    () => document.getElementById("loading") === null && Boolean(document.getElementById("output")?.textContent));
}

// Within the formulas, arrows move the caret and not the graph's step.
async function types(page, problems) {
  await page.$eval("#formulas", (field) => {
    field.focus();
    field.select();
  });
  await page.keyboard.type("x = 2\nf = x * 5");
  await shows(page, problems, "Output: f = 10");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("1");
  await shows(page, problems, "Output: f = 30");
}

async function mistakes(page, problems) {
  await page.focus("#formulas");
  await page.keyboard.press("End");
  await page.keyboard.type(" * * 2");
  await until(page, problems, "a caret below the mistake",
    () => /^Line 2, column \d+: .+/.test(document.getElementById("what").textContent)
      && /^f = .*\n +\^$/.test(document.getElementById("where").textContent));
  expect(problems, "the mistake to be visible", await page.$eval("#problem", (problem) => problem.checkVisibility()));
  problems.push(...await examine(page));
}

// A link keeps the formulas and the values that were moved.
async function opens(page, problems) {
  const address = `${page.url().split("#")[0]}#${new URLSearchParams({ f: "x = 2\nf = x * x", at: "x=3" })}`;
  await page.goto("about:blank");
  await page.goto(address, { waitUntil: "load" });
  await shows(page, problems, "Output: f = 9");
  const value = await page.$$eval("#controls input[type=text]", (fields) => fields.map((field) => field.value).join());
  expect(problems, `the moved value 3 and not ${value}`, value === "3");
}

// Returns the problems of the page, which begins to start its engine.
async function playground(page) {
  const problems = [];
  await started(page, problems);
  problems.push(...await examine(page));
  for (const use of [types, mistakes, opens]) await use(page, problems);
  return [...problems, ...await step(page)];
}

export { playground };
