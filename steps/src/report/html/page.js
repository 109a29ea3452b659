"use strict";
// Every text goes into the page as text, never as markup: messages may hold anything.
const data = JSON.parse(document.getElementById("data").textContent);
const WORDS = ["passed", "failed", "blocked", "error", "warning", "skipped"];
const SIGNS = { passed: "✓", failed: "✗", blocked: "■", error: "!", warning: "▲", skipped: "–", open: "·" };

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// ---- head and tabs

const number = (n) => n.toLocaleString("en-US").replaceAll(",", " ");
const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`);

function head() {
  const counts = data.counts;
  const all = data.scenarios.length || 1;
  const bar = h("div", { class: "bar", role: "img", "aria-label": WORDS.map((w) => `${counts[w] || 0} ${w}`).join(", ") });
  for (const word of WORDS) {
    if (!counts[word]) continue;
    const part = h("span", { class: word });
    part.style.width = `${(100 * counts[word]) / all}%`;
    bar.append(part);
  }
  const shown = WORDS.filter((word) => counts[word]).map((word) =>
    h("a", { class: word, href: `#scenarios?verdict=${word}` }, h("b", {}, number(counts[word])), ` ${word}`));
  const missing = data.selected - data.scenarios.length;
  document.getElementById("head").append(
    h("h1", {}, data.title),
    h("p", {}, `${data.profile} · ${data.contract} · ${data.began} · ${seconds(data.duration_ms)}`),
    bar,
    h("div", { class: "counts" }, shown, missing > 0 ? h("span", { class: "error" }, h("b", {}, number(missing)), " not run") : null));
}

const TABS = { summary, scenarios, requirements, environment };

function tabs(current) {
  document.getElementById("tabs").replaceChildren(...Object.keys(TABS).map((name) =>
    h("a", { href: `#${name}`, role: "tab", "aria-selected": String(name === current) }, name[0].toUpperCase() + name.slice(1))));
}

// ---- summary

function summary() {
  const bad = data.scenarios.filter((scenario) => scenario.verdict !== "passed");
  const failures = bad.map((scenario) => h("tr", {},
    h("td", {}, verdict(scenario.verdict)),
    h("td", {}, h("a", { href: link(scenario) }, `${scenario.feature}: ${scenario.title}`)),
    h("td", {}, stopText(scenario))));
  const features = new Map();
  for (const scenario of data.scenarios) {
    const entry = features.get(scenario.feature) || { all: 0, passed: 0, ms: 0 };
    entry.all += 1; entry.ms += scenario.ms; entry.passed += scenario.verdict === "passed" ? 1 : 0;
    features.set(scenario.feature, entry);
  }
  const rows = [...features].map(([feature, entry]) => h("tr", {},
    h("td", {}, h("a", { href: `#scenarios?text=${encodeURIComponent(feature + ":")}` }, feature)),
    h("td", { class: entry.passed === entry.all ? "passed" : "failed" }, `${entry.passed} of ${entry.all} passed`),
    h("td", { class: "faint" }, seconds(entry.ms))));
  return [
    bad.length === 0
      ? h("div", { class: "box" }, h("b", { class: "passed" }, "Every scenario passed."), ` ${number(data.covered)} requirements were tested.`)
      : h("div", { class: "box bad" }, table(["Verdict", "Scenario", "Why"], failures)),
    h("h3", {}, "Features"), table(["Feature", "Scenarios", "Time"], rows),
  ];
}

function stopText(scenario) {
  const stop = scenario.stop;
  if (!stop) return "";
  if (stop.because) return stop.because;
  const id = stop.requirement;
  return h("div", {}, id ? requirementLinks(id) : null, h("pre", {}, `expected ${stop.expected}\nseen     ${clip(stop.seen, 400)}`));
}

const clip = (text, most) => (text.length > most ? `${text.slice(0, most)} …` : text);
const verdict = (word) => h("span", { class: `verdict ${word}` }, `${SIGNS[word] || ""} ${word}`);
const table = (names, rows) => h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows));

// ---- scenarios

const link = (scenario) => `#scenarios/${scenario.key}`;
const haystack = (scenario) => `${scenario.feature}: ${scenario.title} ${scenario.ids.join(" ")} ${scenario.stop ? JSON.stringify(scenario.stop) : ""}`.toLowerCase();

function scenarios(key, query) {
  const chosen = data.scenarios.find((scenario) => scenario.key === key);
  const list = h("div", { class: "list", role: "list" });
  const text = h("input", { type: "search", placeholder: "Search scenario, requirement, failure", "aria-label": "Search", value: query.get("text") || "" });
  const word = h("select", { "aria-label": "Verdict" }, h("option", { value: "" }, "all verdicts"),
    WORDS.filter((w) => data.counts[w]).map((w) => h("option", { value: w, selected: query.get("verdict") === w }, w)));
  const found = h("span", { class: "faint", role: "status" });
  const fill = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = data.scenarios.filter((scenario) => (!word.value || scenario.verdict === word.value)
      && words.every((w) => (scenario.hay ||= haystack(scenario)).includes(w)));
    const parts = [];
    let feature = null;
    for (const scenario of fits) {
      if (scenario.feature !== feature) parts.push(h("h3", {}, (feature = scenario.feature)));
      parts.push(h("a", { href: link(scenario), role: "listitem", "aria-current": String(scenario === chosen) },
        h("span", { class: scenario.verdict }, `${SIGNS[scenario.verdict]} ${scenario.verdict}`), h("span", {}, scenario.title), h("span", { class: "faint" }, seconds(scenario.ms))));
    }
    list.replaceChildren(...parts);
    found.textContent = `${number(fits.length)} of ${number(data.scenarios.length)}`;
  };
  text.addEventListener("input", fill);
  word.addEventListener("change", fill);
  fill();
  requestAnimationFrame(() => list.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "center" }));
  const first = chosen || data.scenarios.find((scenario) => scenario.verdict !== "passed") || data.scenarios[0];
  return [h("div", { class: "tools" }, text, word, found), h("div", { class: "split" }, list, first ? detail(first) : h("div", {}))];
}

function detail(scenario) {
  const stop = scenario.stop;
  const because = !stop ? null : h("div", { class: "box bad" }, h("dl", { class: "pairs" },
    scenario.step ? [h("dt", {}, "step"), h("dd", {}, h("pre", {}, `${scenario.step.text}\n${scenario.step.file}:${scenario.step.line}`))] : null,
    stop.because ? [h("dt", {}, "because"), h("dd", {}, h("pre", {}, stop.because))] : [
      h("dt", {}, "breaks"), h("dd", {}, (stop.requirement || scenario.ids.join(" ")).split(" ").map(requirementText)),
      h("dt", {}, "expected"), h("dd", {}, h("pre", {}, stop.expected)),
      h("dt", {}, "seen"), h("dd", {}, h("pre", {}, stop.seen))]));
  const steps = h("ol", { class: "steps" }, scenario.steps.map(([state, text, file, line]) =>
    h("li", { class: state === "failed" ? "now" : null, title: `${file}:${line}` }, h("span", { class: state }, SIGNS[state]), h("span", {}, text))));
  const ids = h("details", {}, h("summary", {}, `${scenario.ids.length} requirements`), scenario.ids.map(requirementText));
  return h("article", { class: "detail" },
    h("h2", {}, scenario.title),
    h("p", { class: "faint" }, scenario.feature, " · ", verdict(scenario.verdict), ` · ${seconds(scenario.ms)}`),
    because, h("h3", {}, "Steps"), steps, h("h3", {}, "Proves"), ids,
    h("h3", {}, "What crossed the wires"), diagram(scenario));
}

// ---- the sequence diagram

function diagram(scenario) {
  const rows = scenario.events.map(([ms, from, to, kind, text, message]) => {
    const label = text || "";
    let mark;
    if (from === to) {
      mark = h("span", { class: `note ${from === 3 ? "all" : `lane${from}`} ${kind}`, title: label }, label);
    } else {
      const side = Math.min(from, to) === 0 ? "l" : "r";
      const way = to > from ? "right" : "left";
      const opens = message !== undefined && message !== null;
      mark = h(opens ? "button" : "span", { class: `arrow ${side} ${way} ${kind}`, title: label, type: opens ? "button" : null, "aria-expanded": opens ? "false" : null },
        `${label}`);
      if (opens) mark.addEventListener("click", () => toggle(mark, data.messages[message]));
    }
    return h("div", { class: "event" }, h("time", {}, ms.toFixed(1)), h("div", { class: "field" }, mark));
  });
  return h("div", { class: "lanes" },
    h("div", { class: "lane-head" }, h("span", { class: "faint" }, "ms"), h("div", { class: "three" }, h("span", {}, "EMR"), h("span", {}, "proxy"), h("span", {}, "IRIS cloud"))),
    rows.length ? rows : h("p", { class: "faint" }, "nothing"));
}

function toggle(mark, message) {
  const row = mark.closest(".event");
  if (row.opened) {
    row.opened.remove();
    row.opened = null;
  } else {
    row.opened = h("div", { class: "open" }, decoded(message));
    row.after(row.opened);
  }
  mark.setAttribute("aria-expanded", String(Boolean(row.opened)));
}

// ---- a message, decoded

// Control and direction marks are shown, not obeyed.
const visible = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202f\u2066-\u2069\ufeff]/g,
  (c) => `[${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}]`);

function text(bytes) {
  try { return new TextDecoder("utf-8", { fatal: true }).decode(bytes); } catch { return new TextDecoder("latin1").decode(bytes); }
}

function decoded(message) {
  const bytes = Uint8Array.from(atob(message.bytes), (c) => c.charCodeAt(0));
  const cuts = message.cuts;
  const left = cuts.length ? ` · ${cuts.length} long value${cuts.length > 1 ? "s" : ""} shortened` : "";
  const fields = h("div", {});
  const hex = h("pre", { class: "hex", hidden: true });
  const pick = h("button", { type: "button", onclick: () => {
    if (!hex.textContent) hex.textContent = hexOf(bytes, cuts);
    hex.hidden = !hex.hidden; fields.hidden = !hex.hidden;
    pick.textContent = hex.hidden ? "Bytes" : "Fields";
  } }, "Bytes");
  fields.append(segments(bytes, cuts));
  return h("div", {}, h("div", { class: "tools" }, h("span", { class: "faint" }, `${number(message.size)} bytes${left}`), pick), fields, hex);
}

function segments(bytes, cuts) {
  const delimiter = bytes[0] === 77 && bytes[1] === 83 && bytes[2] === 72 ? bytes[3] : 124;
  const rows = [];
  const counts = new Map();
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 13) continue;
    if (at > start) segment(bytes.subarray(start, at), start);
    start = at + 1;
  }
  function segment(part, offset) {
    const fields = [];
    let from = 0;
    for (let at = 0; at <= part.length; at++) {
      if (at === part.length || part[at] === delimiter) { fields.push([from, at]); from = at + 1; }
    }
    const name = visible(text(part.subarray(...fields[0])));
    const nth = (counts.get(name) || 0) + 1;
    counts.set(name, nth);
    const names = data.names[name] || [];
    const header = name === "MSH" ? 1 : 0;
    rows.push(h("tr", {}, h("td", {}, h("b", {}, nth > 1 ? `${name}[${nth}]` : name)), h("td", { class: "faint" }, names[0] || ""), h("td", {})));
    if (header) rows.push(h("tr", {}, h("td", { class: "mono" }, "MSH-1"), h("td", { class: "faint" }, names[1] || ""), h("td", { class: "mono" }, String.fromCharCode(delimiter))));
    fields.slice(1).forEach(([begin, end], index) => {
      if (begin === end) return;
      const position = index + 1 + header;
      const cut = cuts.filter(([at]) => at > offset + begin && at <= offset + end).map(([, omitted]) => ` … ${number(omitted)} bytes more`).join("");
      rows.push(h("tr", {}, h("td", { class: "mono" }, `${name}-${position}`), h("td", { class: "faint" }, names[position] || ""),
        h("td", { class: "mono" }, visible(text(part.subarray(begin, end))), cut ? h("span", { class: "faint" }, cut) : null)));
    });
  }
  return table(["Field", "Name", "Value"], rows);
}

function hexOf(bytes, cuts) {
  const lines = [];
  let omitted = 0;
  let next = 0;
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(at + 16, bytes.length);
    const cut = cuts[next];
    if (cut && cut[0] <= end) { end = cut[0]; next += 1; }
    const row = [...bytes.subarray(at, end)];
    const ascii = row.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : ".")).join("");
    lines.push(`${(at + omitted).toString(16).padStart(6, "0")}  ${row.map((b) => b.toString(16).padStart(2, "0")).join(" ").padEnd(47)}  ${ascii}`);
    if (cut && cut[0] === end) { lines.push(`        … ${cut[1]} bytes`); omitted += cut[1]; }
    at = end;
  }
  return lines.join("\n");
}

// ---- requirements

function requirementText(id) {
  const known = data.requirements[id];
  return h("div", {}, h("a", { href: `#requirements/${id}` }, h("b", {}, id)), " ", known ? known.text : "");
}
const requirementLinks = (ids) => ids.split(" ").map((id) => h("a", { class: "chip", href: `#requirements/${id}` }, id));

function requirements(key, query) {
  const tested = new Map();
  for (const scenario of data.scenarios) for (const id of scenario.ids) tested.set(id, [...(tested.get(id) || []), scenario]);
  const text = h("input", { type: "search", placeholder: "Search id, text", "aria-label": "Search", value: key || query.get("text") || "" });
  const state = h("select", { "aria-label": "State" }, [["", "all"], ["failed", "not passed"], ["passed", "passed"], ["untested", "no scenario in this run"]]
    .map(([value, label]) => h("option", { value, selected: query.get("state") === value }, label)));
  const found = h("span", { class: "faint", role: "status" });
  const body = h("tbody", {});
  const fill = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [];
    for (const [id, known] of Object.entries(data.requirements)) {
      const by = tested.get(id) || [];
      const outcome = !by.length ? "untested" : by.every((scenario) => scenario.verdict === "passed") ? "passed" : "failed";
      const hay = `${id} ${known.text} ${known.level} ${known.subject} ${known.basis}`.toLowerCase();
      if ((state.value && state.value !== outcome) || !words.every((w) => hay.includes(w))) continue;
      rows.push([id, known, by, outcome]);
    }
    found.textContent = `${number(rows.length)} of ${number(Object.keys(data.requirements).length)}`;
    body.replaceChildren(...rows.map(([id, known, by, outcome]) => h("tr", {},
      h("td", { class: "mono" }, id), h("td", { class: outcome === "untested" ? "faint" : outcome }, outcome === "untested" ? "–" : `${SIGNS[outcome]} ${by.length}`),
      h("td", { class: "faint" }, `${known.level} ${known.subject}`),
      h("td", {}, known.text, by.length
        ? h("details", { open: id === key }, h("summary", {}, `${by.length} scenario${by.length > 1 ? "s" : ""}`),
            by.map((scenario) => h("div", {}, h("a", { href: link(scenario), class: scenario.verdict }, `${scenario.feature}: ${scenario.title}`))))
        : h("div", { class: "faint" }, known.untested ? `not tested: ${known.untested}` : "no scenario of this run")))));
  };
  text.addEventListener("input", fill);
  state.addEventListener("change", fill);
  fill();
  return [h("div", { class: "tools" }, text, state, found),
    h("table", {}, h("thead", {}, h("tr", {}, ["Id", "Result", "Binds", "What it asks for"].map((name) => h("th", { scope: "col" }, name)))), body)];
}

// ---- environment

function environment() {
  const pairs = (entries) => h("dl", { class: "pairs" }, entries.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  return [
    h("h3", {}, "This run"), pairs(data.environment),
    h("h3", {}, "The harness itself"), pairs(data.harness),
    h("h3", {}, "The contract"), pairs([["name and version", data.contract]]),
    data.placeholders.length
      ? h("p", {}, "What proxy and cloud say to each other is not public. The contract fills these gaps in; where the real contract differs, change the contract, not the proxy:")
      : null,
    data.placeholders.map(requirementText),
  ];
}

// ---- where we are

function show() {
  const [path, search] = location.hash.slice(1).split("?");
  const [name, ...key] = path.split("/");
  const tab = TABS[name] ? name : "summary";
  tabs(tab);
  document.getElementById("main").replaceChildren(...TABS[tab](decodeURIComponent(key.join("/")), new URLSearchParams(search || "")).flat().filter(Boolean));
  if (!location.hash.includes("scenarios/")) window.scrollTo(0, 0);
}

head();
show();
window.addEventListener("hashchange", show);
