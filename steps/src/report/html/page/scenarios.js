// ---- scenarios: a list, and one of them

const haystack = (scenario) => `${scenario.feature}: ${scenario.title} ${scenario.ids.join(" ")} ${scenario.stop ? Object.values(scenario.stop).join(" ") : ""}`.toLowerCase();
const ordinary = (scenario) => ["passed", "skipped"].includes(scenario.verdict);
const features = [...new Set(data.scenarios.map((scenario) => scenario.feature))];

function scenarios(where) {
  const filter = { verdict: where.verdict || "", feature: where.feature || "", requirement: where.requirement || "", text: where.text || "" };
  const chosen = data.scenarios.find((scenario) => scenario.key === where.scenario);
  const list = h("div", { class: "list" });
  const detailed = h("div", { class: "detail" });
  const found = h("span", { class: "faint", role: "status" });
  let fits = [];
  let shown = null;

  const fill = () => {
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const id = filter.requirement.toUpperCase();
    fits = data.scenarios.filter((scenario) => (!filter.verdict || scenario.verdict === filter.verdict)
      && (!filter.feature || scenario.feature === filter.feature)
      && (!id || scenario.ids.some((own) => own.startsWith(id)))
      && words.every((word) => (scenario.hay ||= haystack(scenario)).includes(word)));
    list.replaceChildren();
    lazily(list, fits, (scenario, index) => {
      const row = h("a", { href: link(scenario), "data-key": scenario.key, "aria-current": scenario === shown ? "true" : null },
        h("span", { class: scenario.verdict }, verdict(scenario.verdict)), h("span", {}, scenario.title), h("span", { class: "faint" }, seconds(scenario.ms)));
      return fits[index - 1]?.feature === scenario.feature ? row : [h("h3", {}, scenario.feature), row];
    }, fits.indexOf(shown) + 30);
    found.textContent = `${number(fits.length)} of ${number(data.scenarios.length)}`;
  };
  const change = (key) => (event) => {
    filter[key] = event.target.value;
    keep({ tab: "scenarios", ...filter });
    fill();
  };
  const show = (scenario, event) => {
    shown = scenario;
    list.querySelector('[aria-current="true"]')?.removeAttribute("aria-current");
    const row = list.querySelector(`[data-key="${CSS.escape(scenario.key)}"]`);
    row?.setAttribute("aria-current", "true");
    detailed.replaceChildren(...detail(scenario, event));
  };
  const step = (by) => {
    const next = fits[fits.indexOf(shown) + by];
    if (next) location.hash = link(next);
  };

  if (chosen || data.scenarios.length) shown = chosen || data.scenarios.find((scenario) => !ordinary(scenario)) || data.scenarios[0];
  fill();
  if (!chosen && fits.length) shown = fits.find((scenario) => !ordinary(scenario)) || fits[0];
  if (shown) show(shown, where.event);
  requestAnimationFrame(() => {
    const row = list.querySelector('[aria-current="true"]');
    if (row) list.scrollTop = row.offsetTop - list.offsetTop - list.clientHeight / 3;
  });
  return {
    content: [
      h("div", { class: "tools" },
        h("input", { type: "search", id: "search", placeholder: "Search scenario, requirement, failure ( / )", "aria-label": "Search", value: filter.text, oninput: change("text") }),
        select("Verdict", "all verdicts", data.verdicts.filter((word) => data.counts[word]), filter.verdict, change("verdict")),
        select("Feature", "all features", features, filter.feature, change("feature")),
        h("input", { type: "search", class: "short", placeholder: "Requirement id", "aria-label": "Requirement", value: filter.requirement, oninput: change("requirement") }),
        found, h("span", { class: "faint keys" }, "j, k: next, previous")),
      h("div", { class: "split" }, list, detailed)],
    // another scenario of the same list: the list stays as it is
    follow: (next) => {
      const scenario = next.scenario && data.scenarios.find(({ key }) => key === next.scenario);
      if (!scenario) return false;
      if (scenario !== shown || next.event) show(scenario, next.event);
      return true;
    },
    step,
  };
}

function detail(scenario, event) {
  const steps = h("ol", { class: "steps" }, scenario.steps.map((step) =>
    h("li", { class: step.verdict && step.verdict !== "passed" ? "now" : null, title: `${step.file}:${step.line}` },
      h("span", { class: step.verdict || "faint", "aria-label": step.verdict || "not reached" }, step.verdict ? SIGNS[step.verdict] : "·"),
      h("span", { class: step.verdict ? null : "faint" }, step.text, step.argument ? h("pre", { class: "argument" }, step.argument) : null))));
  return [
    h("h2", {}, scenario.title),
    h("p", { class: "faint" }, scenario.feature, " · ", verdict(scenario.verdict), ` · ${seconds(scenario.ms)} · `, h("a", { href: link(scenario) }, "link")),
    because(scenario),
    scenario.earlier.length ? h("div", { class: "box" }, "Run again after: ", scenario.earlier.map(({ verdict: word, because: why }) => h("pre", {}, `${word} ${why}`))) : null,
    scenario.difference ? [h("h3", {}, "Snapshot and message"), difference(scenario.difference)] : null,
    h("h3", {}, "Steps"), steps,
    h("h3", {}, "Proves"), h("details", { open: scenario.ids.length < 6 }, h("summary", {}, plural(scenario.ids.length, "requirement")), scenario.ids.map(requirementText)),
    scenario.probes.length ? [h("h3", {}, "Not specified, for information"), pairs(scenario.probes.map(([id, seen]) => [id, seen]))] : null,
    h("h3", {}, "What crossed the wires"), diagram(scenario, event),
  ].flat().filter(Boolean);
}

function because({ stop, at, excuse, ids, verdict: word }) {
  if (!stop) return null;
  const row = (title, value) => (value ? [title, value] : null);
  return h("div", { class: `box bad ${word}` }, pairs([
    row("step", at ? h("pre", {}, at) : word === "skipped" ? null : "found when the scenario ended"),
    row("because", stop.because && h("pre", {}, stop.because)),
    row("breaks", stop.because ? null : (stop.requirement ? stop.requirement.split(" ") : ids).map(requirementText)),
    row("warning", excuse),
    row("expected", stop.because ? null : h("pre", {}, stop.expected)),
    row("seen", stop.because ? null : h("pre", {}, stop.seen)),
  ].filter(Boolean)));
}

// ---- the sequence diagram

const LANES = ["emr", "proxy", "cloud"];

function diagram(scenario, event) {
  const opened = event === undefined ? -1 : Number(event);
  const rows = h("div", {});
  lazily(rows, scenario.log, ([ms, from, to, kind, text, message], index) => {
    const mark = to ? arrow(from, to, kind, text, message) : h("span", { class: `note ${from} ${kind}`, title: text }, text);
    const row = h("div", { class: "event" }, h("time", {}, ms.toFixed(1)), h("div", { class: "field" }, mark));
    if (message === null) return row;
    const open = () => toggle(mark, row, message);
    mark.addEventListener("click", () => { open(); keep({ scenario: scenario.key, event: row.opened ? index : "" }); });
    if (index !== opened) return row;
    open();
    requestAnimationFrame(() => row.scrollIntoView({ block: "center" }));
    return [row, row.opened];
  }, opened + 30);
  return h("div", { class: "lanes" },
    h("div", { class: "lane-head" }, h("span", { class: "faint" }, "ms"), h("div", { class: "three" }, h("span", {}, "EMR"), h("span", {}, "proxy"), h("span", {}, "IRIS cloud"))),
    scenario.log.length ? rows : h("p", { class: "faint nothing" }, "nothing"));
}

function arrow(from, to, kind, text, message) {
  const [a, b] = [LANES.indexOf(from), LANES.indexOf(to)];
  const opens = message !== null;
  return h(opens ? "button" : "span", { class: `arrow ${Math.min(a, b) === 0 ? "l" : "r"} ${b > a ? "right" : "left"} ${kind}`, title: text,
    type: opens ? "button" : null, "aria-expanded": opens ? "false" : null, "aria-label": opens ? `${from} to ${to}: ${text}` : null }, h("span", { class: "text" }, text));
}

function toggle(mark, row, message) {
  if (row.opened) {
    row.opened.remove();
    row.opened = null;
  } else {
    row.opened = h("div", { class: "open" }, decoded(data.messages[message]));
    row.after(row.opened);
  }
  mark.setAttribute("aria-expanded", String(Boolean(row.opened)));
}
