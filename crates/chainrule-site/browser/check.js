// Opens every page of the site in two browsers, two themes and two widths.
//
// usage: check [--all] [--screenshots] [PART OF A NAME]
//
// Chromium opens each page in all four settings; Firefox does so with --all, and otherwise in two. With --screenshots, pictures
// of the pages are in target/screenshots. With a part of a name, only pages whose path contains it.

import { mkdir, readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

import { behave } from "./behave.js";
import { chromium, firefox, themes } from "./browsers.js";
import { examine, listen, visit } from "./examine.js";
import { step } from "./graph.js";
import { playground } from "./playground.js";
import { train } from "./train.js";

const target = fileURLToPath(new URL("../../../target/", import.meta.url));
const site = path.join(target, "site");
const chapter = path.join(site, "course/09-chain.html");
const widths = [390, 1280];

async function pages(directory) {
  const entries = await readdir(directory, { withFileTypes: true });
  const found = await Promise.all(entries.map((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) return pages(file);
    return entry.name.endsWith(".html") ? [file] : [];
  }));
  return found.flat().sort();
}

async function screenshot(page, setting, file) {
  const name = path.relative(target, file).replace(/\.html$/, "").replaceAll(path.sep, "-");
  const directory = path.join(target, "screenshots", setting);
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: path.join(directory, `${name}.png`), fullPage: true });
}

// Counts pages and prints the problems of each.
const result = { passed: 0, failed: 0 };
function record(where, problems) {
  if (problems.length === 0) {
    result.passed += 1;
    return;
  }
  result.failed += 1;
  console.log([where, ...new Set(problems)].join("\n  "));
}

// These pages start an engine first, and have more to use than steps.
const uses = new Map([["playground.html", playground], ["train.html", train]]);
const glance = async (page) => [...await examine(page), ...await step(page)];
const look = (page, file) => (uses.get(path.basename(file)) ?? glance)(page);

// Opens a page, and a second time if the browser does not answer, which happens on a busy machine.
async function open(browser, where, file, width, examination) {
  for (const last of [false, true]) {
    const page = await browser.newPage();
    const problems = listen(page);
    try {
      await visit(page, pathToFileURL(file).href, width);
      problems.push(...await examination(page));
      record(where, problems);
      return;
    } catch (error) {
      if (last) record(where, [...problems, String(error)]);
    } finally {
      await page.close().catch(() => null);
    }
  }
}

async function run(start, files, screenshots) {
  for (const theme of themes) {
    const { name: program, browser } = await start(theme);
    try {
      for (const width of widths) {
        if (program === "Firefox" && !everything && (theme === "light") === (width === 390)) continue;
        const setting = `${program}, ${theme}, ${width} pixels`;
        for (const file of files) {
          await open(browser, `${setting}: ${path.relative(target, file)}`, file, width, async (page) => {
            const problems = await look(page, file);
            if (screenshots) await screenshot(page, `${program}-${theme}-${width}`.toLowerCase(), file);
            return problems;
          });
        }
        await open(browser, `${setting}: a reader`, chapter, width, behave);
      }
    } finally {
      await browser.close();
    }
  }
}

const screenshots = process.argv.includes("--screenshots");
// Firefox opens each page in two of the four settings unless it is asked for all.
const everything = process.argv.includes("--all");
const part = process.argv.slice(2).find((argument) => !argument.startsWith("--")) ?? "";
// The example `moons` writes this page if it is asked to.
const moons = path.join(target, "moons.html");
const files = [...await pages(site), ...existsSync(moons) ? [moons] : []].filter((file) => path.relative(target, file).includes(part));
if (files.length === 0) throw new Error(`no page is called ${part}`);
await Promise.all([chromium, firefox].map((start) => run(start, files, screenshots)));
console.log(`${result.passed} passed, ${result.failed} failed`);
process.exitCode = result.failed === 0 ? 0 : 1;
