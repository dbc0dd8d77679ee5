// Waits for what a page should show.

// How many milliseconds a page has until it shows the answer to what the reader did.
const PATIENCE = 60_000;

function expect(problems, what, value) {
  if (!value) problems.push(`expected ${what}`);
}

// Waits until a function that runs in the page returns true.
async function until(page, problems, what, shown, ...operands) {
  await page.waitForFunction(shown, { timeout: PATIENCE }, ...operands).catch((error) => problems.push(`expected ${what}: ${error.message}`));
}

export { expect, until };
