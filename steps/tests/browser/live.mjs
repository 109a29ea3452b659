// The live page in a browser: an exam is ordered by click and graded, its result is read, a refused charge is not repeated, and
// the proxy is stopped and started. Arguments: the page's link, and a folder for pictures.
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
const pictures = async (name) => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `live-${name}-${colorScheme}.png`) });
  }
};
const sides = (selector) => page.locator(selector).evaluateAll((all) => all.map((e) => e.scrollWidth - e.clientWidth));

page.setDefaultTimeout(15_000);
await page.goto(link);
await page.waitForFunction(() => document.querySelectorAll("#order option").length > 1);
assert.match(await page.textContent("#parties"), /the proxy runs/);

await page.selectOption("#answer [name=kind]", "DFT");
await page.selectOption("#answer [name=answer]", "an application error");
await click("#answer [value=next]", "answer: done");
await click("#order button", "order: done");
await page.waitForFunction(() => document.querySelector("#exam [name=order]").options.length === 1);
await entries("ORM^O01").first().waitFor();
await page.selectOption("#exam [name=grading]", "normal in both eyes");
await click("#exam [value=grade]", "grade: done");

const read = entries("ORU^R01").first();
await read.click();
const value = (field) => page.locator("#detail tr", { has: page.getByRole("cell", { name: field, exact: true }) }).first();
assert.match(await value("MSH-9").textContent(), /Message Type.*ORU\^R01/);
await page.locator("#detail summary").click();
assert.match(await page.textContent("#detail pre"), /^000000 {2}4d 53 48 7c .*MSH\|/);
assert.ok((await sides("#detail, #detail td, section")).every((over) => over <= 0), "something is wider than its place");
await pictures("result");

await entries("ACK AE").first().waitFor();
await page.waitForTimeout(1000); // longer than a proxy's pause before it repeats
assert.equal(await entries("DFT^P03").count(), 1);

await click("#proxy [value=stop]", "proxy: done");
await page.locator("#parties", { hasText: "does not run" }).waitFor();
assert.deepEqual(wrong, []);
await page.click("#order button"); // nobody takes it: the page says why, and Chromium logs the refusal
await page.locator("#said.failed").waitFor();
assert.ok(wrong.splice(0).every((line) => line.includes("409")));
await click("#proxy [value=start]", "proxy: done");
await page.locator("#parties", { hasText: "the proxy runs" }).waitFor();
await click("#order button", "order: done");

// what sticks covers no row, however far a list is scrolled
await page.uncheck("#brief");
const flow = page.locator("section", { has: page.locator("#flow") });
await flow.evaluate((section) => { section.scrollTop = 200; });
const covered = await page.evaluate(() => {
  const head = document.querySelector(".lanes thead").getBoundingClientRect();
  const section = document.querySelector(".lanes").closest("section").getBoundingClientRect();
  return head.top - section.top;
});
assert.ok(covered <= 1, `the head of the list stands ${covered} px below its top`);
await pictures("scrolled");
await page.setViewportSize({ width: 700, height: 900 });
await pictures("narrow");
assert.deepEqual(wrong, []);
await browser.close();
