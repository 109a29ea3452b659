"use strict";
// Every text goes into the page as text, never as markup: messages may hold anything.
const data = JSON.parse(document.getElementById("data").textContent);
const SIGNS = { passed: "✓", failed: "✗", blocked: "■", error: "!", warning: "▲", skipped: "–", "not proven": "?", "no scenario": "·" };
const LONGEST = 20000;

// Control and direction characters are shown, not obeyed; line ends and tabs only where a text has lines.
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/;
const STRICT = new RegExp(HIDDEN.source.replace("[", "[\\t\\n\\r"));
const code = (c) => c.charCodeAt(0).toString(16).toUpperCase();
const name = (c) => (c < " " ? `0x${code(c).padStart(2, "0")}` : `U+${code(c).padStart(4, "0")}`);
const plain = (text) => text.replace(new RegExp(HIDDEN, "g"), (c) => `[${name(c)}]`);

function nodes(text, hidden) {
  if (text.length > LONGEST) text = `${text.slice(0, LONGEST)} … (${number(text.length)} characters)`;
  if (!hidden.test(text)) return [text];
  return text.split(new RegExp(`(${hidden.source})`, "g")).filter(Boolean).map((part) => (part.length === 1 && hidden.test(part) ? mark(part) : part));
}

function mark(c) {
  const element = document.createElement("span");
  element.className = "mark";
  element.textContent = name(c);
  return element;
}

// An element. Strings among the children become text.
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(key, value === true ? "" : plain(String(value)));
  }
  for (const child of children.flat(2)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(...(child instanceof Node ? [child] : nodes(String(child), HIDDEN)));
  }
  return element;
}

const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`);
const plural = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;
const verdict = (word) => h("span", { class: `verdict ${word.replace(" ", "-")}` }, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[word] || ""), ` ${word}`);
const table = (names, rows, kind) => h("table", { class: kind }, h("thead", {}, h("tr", {}, names.map((title) => h("th", { scope: "col" }, title)))), rows instanceof Node ? rows : h("tbody", {}, rows));
const pairs = (entries) => h("dl", { class: "pairs" }, entries.map(([key, value]) => [h("dt", {}, key), h("dd", {}, value)]));
const select = (label, all, options, chosen, change) => h("select", { "aria-label": label, onchange: change }, h("option", { value: "" }, all),
  options.map((option) => h("option", { value: option, selected: option === chosen }, option)));

// Puts items into a container as they come into sight, the first `least` at once.
function lazily(container, items, render, least = 0) {
  const CHUNK = 150;
  let next = 0;
  const more = (to) => {
    const part = document.createDocumentFragment();
    for (; next < Math.min(to, items.length); next += 1) part.append(...[render(items[next], next)].flat());
    container.append(part);
  };
  more(Math.max(CHUNK, least));
  if (next < items.length) {
    const end = h(container.tagName === "TBODY" ? "tr" : "div", { class: "end" }, container.tagName === "TBODY" ? h("td", {}, "…") : "…");
    container.append(end);
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      end.remove();
      more(next + CHUNK);
      if (next < items.length) { container.append(end); seen.unobserve(end); seen.observe(end); } else seen.disconnect();
    }, { rootMargin: "800px" });
    seen.observe(end);
  }
  return container;
}

// ---- links: #scenario=…, #requirement=…, #tab=…&verdict=…

const readable = (value) => encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%20", "+");
const hash = (where) => `#${Object.entries(where).filter(([, value]) => value !== "" && value !== undefined && value !== null).map(([key, value]) => `${key}=${readable(value)}`).join("&")}`;
const here = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const keep = (where) => history.replaceState(null, "", hash(where));
const link = (scenario) => hash({ scenario: scenario.key });

const byId = new Map(data.requirements.map((requirement) => [requirement.id, requirement]));
function requirementText(id) {
  return h("div", {}, h("a", { href: hash({ requirement: id }), class: "id" }, id), " ", byId.get(id)?.text || "");
}
const requirementLinks = (ids) => ids.split(" ").filter(Boolean).map((id) => h("a", { class: "chip", href: hash({ requirement: id }) }, id));
