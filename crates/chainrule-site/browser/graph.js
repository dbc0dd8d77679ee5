// Steps through a page of a graph.

import { examine } from "./examine.js";

// Goes to the last step, which shows every gradient.
async function step(page) {
  // Pages of text have no script of a graph.
  if (await page.$("script#page") === null) return [];
  const last = await page.$("#last");
  if (last === null) return ["expected a graph with steps"];
  const count = () => page.$eval("#count", (count) => count.textContent);
  const before = await count();
  await last.click();
  return [...await count() === before ? ["expected another step"] : [], ...await examine(page)];
}

export { step };
