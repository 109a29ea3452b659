// What a bench's page offers. Arguments: the page's link, a folder for pictures, and all that is to be seen of forms and of what to
// do with an order.
import assert from "node:assert/strict";
import { join } from "node:path";
import { browser, page as newPage } from "./browser.mjs";

const [, , link, folder, ...expected] = process.argv;
const { page, wrong } = await newPage(new URL("/", link).href);
page.setDefaultTimeout(15_000);
await page.goto(link);
await page.waitForFunction(() => document.querySelectorAll("#answer [name=answer] option").length > 1);
const seen = await page.locator("form, #exam button").evaluateAll((all) => all.filter((e) => e.checkVisibility()).map((e) => e.id || e.value));
assert.deepEqual(seen.sort(), expected.sort());
assert.equal(await page.isVisible("#exam [name=grading]"), expected.includes("grade"));
assert.equal(await page.isChecked("#brief"), expected.includes("answer")); // messages are seen where the EMR is
await page.screenshot({ path: join(folder, `live-with-${expected[0]}-${expected.length}.png`) });
assert.deepEqual(wrong, []);
await browser.close();
