// Uses the playground as a reader does: opens a link, steps through the graph.

import { examine } from "./examine.js";
import { step } from "./graph.js";
import { expect, until } from "./until.js";

const shows = (page, problems, output) => until(page, problems, `"${output}"`,
  (output) => document.getElementById("output")?.textContent === output, output);

async function started(page, problems) {
  await until(page, problems, "the engine to start",
    () => document.getElementById("loading") === null && Boolean(document.getElementById("output")?.textContent));
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
  await opens(page, problems);
  return [...problems, ...await step(page)];
}

export { playground };
