// Starts Chromium and Firefox, each with a fresh profile, in light and in dark.

import puppeteer from "puppeteer-core";

const themes = ["light", "dark"];

// Nothing that a browser does by itself may reach the network.
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--hide-scrollbars"];

// How many milliseconds a browser has for an answer.
const patience = 180_000;

async function chromium(theme) {
  // Unlike the emulation of a page's media, this setting lets frames follow the theme of the page around them.
  const preference = `--blink-settings=preferredColorScheme=${theme === "dark" ? 0 : 1}`;
  const browser = await puppeteer.launch({ browser: "chrome", executablePath: process.env.CHROMIUM, headless: true,
    args: [...quiet, preference], protocolTimeout: patience });
  return { name: "Chromium", browser };
}

async function firefox(theme) {
  // 0 is dark, 1 is light.
  const preferences = { "layout.css.prefers-color-scheme.content-override": theme === "dark" ? 0 : 1 };
  const browser = await puppeteer.launch({ browser: "firefox", executablePath: process.env.FIREFOX, headless: true,
    extraPrefsFirefox: preferences, protocolTimeout: patience });
  return { name: "Firefox", browser };
}

export { chromium, firefox, themes };
