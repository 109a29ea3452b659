// The live page in a browser: an exam is ordered by click and graded, its result is read, a refused charge is not repeated.
// Arguments: the page's link, and a folder for pictures.
import assert from "node:assert/strict";
import { join } from "node:path";
import { browser, page as newPage } from "./browser.mjs";

const [, , link, folder] = process.argv;
const { page, wrong } = await newPage(new URL("/", link).href);
const entries = (text) => page.locator("#flow button", { hasText: text });
const click = async (button, said) => {
  await page.click(button);
  await page.waitForFunction((text) => document.getElementById("said").textContent === text, said);
};

await page.goto(link);
await page.waitForFunction(() => document.querySelectorAll("#order option").length > 1);
await page.selectOption("#answer [name=kind]", "DFT");
await page.selectOption("#answer [name=answer]", "an application error");
await click("#answer [value=next]", "answer: done");
await click("#order button", "order: done");
await page.waitForFunction(() => document.querySelector("#exam [name=order]").options.length === 1);
await page.selectOption("#exam [name=grading]", "normal in both eyes");
await click("#exam [value=grade]", "grade: done");

await entries("ORU^R01").waitFor();
await entries("ORU^R01").click();
await page.locator("#detail tr", { hasText: "Message Type" }).filter({ hasText: "ORU^R01" }).waitFor();
await page.screenshot({ path: join(folder, "live.png") });

await entries("ACK AE").waitFor();
await page.waitForTimeout(1000); // longer than a proxy's pause before it repeats
assert.equal(await entries("DFT^P03").count(), 1);
await page.emulateMedia({ colorScheme: "dark" });
await page.screenshot({ path: join(folder, "live-dark.png") });
assert.deepEqual(wrong, []);
await browser.close();
