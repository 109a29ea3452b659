// A headless Chromium that tells everything a page should not do: run a foreign script, open a dialog, ask a network.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome.exe", "msedge.exe"];

function program() {
  const folders = (process.env.PATH || "").split(process.platform === "win32" ? ";" : ":");
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
  if (process.env.CHROMIUM || found) return process.env.CHROMIUM || found;
  throw new Error("no Chromium on the PATH; install one, or name it in the environment variable CHROMIUM");
}

export const browser = await chromium.launch({ executablePath: program(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });

// A page and the list of what it did wrong; `allowed` are beginnings of addresses.
export async function page(allowed = "file://", options = {}) {
  const opened = await browser.newPage({ viewport: { width: 1360, height: 860 }, ...options });
  const wrong = [];
  opened.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  opened.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  opened.on("console", (message) => wrong.push(`console: ${message.text()}`));
  opened.on("request", (request) => { if (!request.url().startsWith(allowed)) wrong.push(`request: ${request.url()}`); });
  return { page: opened, wrong };
}
