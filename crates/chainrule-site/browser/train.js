// Uses the page of training as a reader does: plays, pauses, and steps through the backward pass of one point.

import { examine } from "./examine.js";
import { step } from "./graph.js";
import { expect, until } from "./until.js";

const text = (page, id) => page.$eval(`#${id}`, (part) => part.textContent);

async function started(page, problems) {
  await until(page, problems, "the engine to start", () => document.getElementById("epoch").textContent.startsWith("Epoch"));
}

async function plays(page, problems) {
  const before = await text(page, "epoch");
  await page.click("#train-play");
  expect(problems, "a button that pauses", await text(page, "train-play") === "Pause");
  await until(page, problems, `more steps than "${before}"`, (before) => {
    const steps = (words) => Number(words.split(" ").pop());
    return steps(document.getElementById("epoch").textContent) > steps(before);
  }, before);
  problems.push(...await examine(page));
}

async function pauses(page, problems) {
  await page.click("#train-play");
  expect(problems, "a button that plays", await text(page, "train-play") === "Play");
  const paused = await text(page, "epoch");
  await page.evaluate(() => new Promise((done) => { setTimeout(done, 300); }));
  expect(problems, "no step during the pause", await text(page, "epoch") === paused);
  problems.push(...await examine(page));
}

async function explains(page, problems) {
  await page.click("#explain");
  expect(problems, "words about the graph", (await text(page, "explained")).startsWith("The graph of point 1 "));
  problems.push(...await examine(page));
  problems.push(...await step(page));
}

// Returns the problems of the page, which begins to start its engine.
async function train(page) {
  const problems = [];
  for (const use of [started, async () => problems.push(...await examine(page)), plays, pauses, explains]) await use(page, problems);
  return problems;
}

export { train };
