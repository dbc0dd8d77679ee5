// Opens one page in one browser and says what is wrong with it.

import axe from "axe-core";

const local = /^(file|data|blob|about):/;

// Collects what a page reports and requests from now on.
function listen(page) {
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warn", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!local.test(request.url())) problems.push(`requests ${request.url()}`);
  });
  page.on("requestfailed", (request) => problems.push(`cannot load ${request.url()}`));
  return problems;
}

// Pages in frames are examined by themselves.
async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => axe.run({ iframes: false, preload: false, resultTypes: ["violations"] }).then((result) => result.violations));
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html }) => `${id}: ${help}: ${target.join(" ")}: ${html.slice(0, 160)}`));
}

// What is wider than the window, which then scrolls to the side.
function overflow(page) {
  return page.evaluate(() => {
    const parts = [document.scrollingElement, ...document.querySelectorAll("#mdbook-content")];
    return parts.filter((part) => part.scrollWidth > part.clientWidth)
      .map((part) => `is ${part.scrollWidth} pixels wide, but the window has ${part.clientWidth}`);
  });
}

async function visit(page, address, width) {
  await page.setViewport({ width, height: 900 });
  await page.goto(address, { waitUntil: "load" });
  await page.evaluate(() => document.fonts.ready.then(() => null));
}

// Returns the problems that can be seen on the page as it is.
async function examine(page) {
  return [...await overflow(page), ...await violations(page)];
}

export { examine, listen, visit };
