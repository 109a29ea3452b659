"use strict";
// Every text goes into the page as text, never as markup: messages may hold anything.
const MOST_ROWS = 2000;
const token = location.hash.slice(1);
const at = (id) => document.getElementById(id);

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value); else element.setAttribute(key, value);
  }
  element.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(String(child)))));
  return element;
}

async function api(path, body) {
  const options = { headers: { Authorization: `Bearer ${token}` } };
  if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  const answer = await fetch(`/api/${path}`, options);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}

function say(text, failed) {
  at("said").textContent = text;
  at("said").className = failed ? "failed" : "";
}

// Fills a list of choices, and keeps the choice.
function choices(select, options) {
  const shown = Array.from(select.options, (option) => `${option.value}\t${option.text}`).join("\n");
  if (shown === options.map(([value, text]) => `${value}\t${text}`).join("\n")) return;
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  if (options.some(([value]) => value === before)) select.value = before;
}

at("brief").addEventListener("change", () => at("flow").classList.toggle("brief", at("brief").checked));

// Without an EMR no message is seen on its way: all that happens is shown, and faults are those of the cloud.
function withoutEmr() {
  at("brief").checked = false;
  at("flow").classList.remove("brief");
  at("faults").plan.value = "faults:\n  - { on: emr_api, times: 1, do: { status: { code: 503 } } }";
}

let met = false;

async function refresh() {
  const state = await api("state");
  const pending = state.pending.length ? ` · ${state.pending.length} deliveries without a receipt` : "";
  const { parties } = state;
  if (!met && !parties.emr) withoutEmr();
  met = true;
  at("parties").textContent = [
    state.proxy.orders && `Orders to ${state.proxy.orders}`,
    parties.emr && `results to ${state.emr.results}`,
    parties.proxy && `the proxy ${state.proxy.runs ? "runs" : "does not run"}`,
    parties.cloud && !parties.proxy && !parties.emr && "the IRIS cloud runs",
  ].filter(Boolean).join(" · ") + pending;
  const orders = parties.emr && Boolean(state.proxy.orders);
  const shown = { order: orders, exam: orders || parties.cloud, answer: parties.emr, connections: parties.emr, proxy: parties.proxy };
  for (const [id, is] of Object.entries(shown)) at(id).hidden = !is;
  for (const element of document.querySelectorAll("[data-needs]")) element.hidden = element.dataset.needs === "emr" ? !orders : !parties.cloud;
  const same = (names) => names.map((name) => [name, name]);
  choices(at("order").personality, same(state.personalities));
  choices(at("exam").grading, same(state.gradings));
  choices(at("answer").answer, same(state.answers));
  choices(at("exam").order, state.orders.map((order) => [order.placer, `${order.placer} · ${order.answer}${order.state ? ` · ${order.state}` : ""}`]));
}

const BODIES = {
  order: (form) => ["order", form.raw.value ? { raw: form.raw.value } : { personality: form.personality.value }],
  exam: (form, what) => [what, what === "grade" ? { order: form.order.value, grading: form.grading.value } : { order: form.order.value }],
  answer: (form, what) => ["answer", { kind: form.kind.value || null, answer: form.answer.value, every: what === "every" }],
  faults: (form, what) => ["faults", what === "lift" ? { lift: true } : { plan: form.plan.value }],
  connections: (_, what) => ["connections", { do: what }],
  proxy: (_, what) => ["proxy", { do: what }],
};

for (const [id, make] of Object.entries(BODIES)) {
  at(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const [action, body] = make(at(id), event.submitter?.value);
    say(`${action} …`);
    try {
      const done = await api(`actions/${action}`, body);
      say(done.no_answer ? `No answer: ${done.no_answer}` : `${action}: done`, Boolean(done.no_answer));
      await refresh();
    } catch (error) { say(error.message, true); }
  });
}

const ARROWS = { "emr proxy": "● → ○   ·", "proxy emr": "○ ← ●   ·", "proxy cloud": "·   ● → ○", "cloud proxy": "·   ○ ← ●" };
const PLACES = { emr: "●   ·   ·", proxy: "·   ●   ·", cloud: "·   ·   ●", harness: "·   ·   ·" };

function row(entry) {
  const place = ARROWS[`${entry.from} ${entry.to}`] || PLACES[entry.from];
  const title = entry.to ? `from ${entry.from} to ${entry.to}` : entry.from;
  const what = entry.size === null ? entry.text : h("button", { type: "button", onclick: () => open(entry) }, entry.text);
  return h("tr", { class: entry.kind }, h("td", { class: "faint" }, `${(entry.ms / 1000).toFixed(2)} s`), h("td", { class: "mono", title }, place), h("td", {}, what));
}

async function open(entry) {
  try {
    const message = await api(`messages/${entry.number}`);
    const rows = message.segments.flatMap((segment) => [
      h("tr", {}, h("th", {}, segment.id), h("th", { colspan: "2" }, segment.name || "")),
      ...segment.fields.map((field) => h("tr", {}, h("td", { class: "mono" }, field.path), h("td", { class: "faint" }, field.name || ""), h("td", { class: "mono" }, field.value + (field.cut ? " …" : "")))),
    ]);
    const cut = message.bytes.cuts.length ? "; long values are left out" : "";
    const hex = h("details", {}, h("summary", {}, `Bytes (${message.bytes.size}${cut})`), h("pre", { class: "mono" }, hexOf(message.bytes)));
    at("detail").scrollTop = 0;
    at("detail").replaceChildren(h("h2", {}, entry.text), h("table", {}, h("tbody", {}, ...rows)), hex);
  } catch (error) { say(error.message, true); }
}

// Newest first, so that what has just happened is in sight.
async function follow() {
  let next = 0;
  for (;;) {
    try {
      const news = await api(`messages?after=${next}&wait=20`);
      next = news.next;
      at("dropped").textContent = news.dropped ? `${news.dropped} older events are no longer kept.` : "";
      const rows = document.createDocumentFragment();
      for (const entry of news.messages.reverse()) rows.append(row(entry));
      at("flow").prepend(rows);
      while (at("flow").rows.length > MOST_ROWS) at("flow").lastChild.remove();
      if (news.messages.length) await refresh();
    } catch (error) {
      say(`The bench does not answer: ${error.message}`, true);
      await new Promise((resolve) => { setTimeout(resolve, 2000); });
    }
  }
}

refresh().catch((error) => say(error.message, true));
follow();
