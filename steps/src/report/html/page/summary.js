// ---- summary and environment

function head() {
  const words = data.verdicts.filter((word) => data.counts[word]);
  const all = data.scenarios.length || 1;
  const bar = h("div", { class: "bar", role: "img", "aria-label": words.map((word) => `${data.counts[word]} ${word}`).join(", ") },
    words.map((word) => {
      const part = h("span", { class: word });
      part.style.width = `${(100 * data.counts[word]) / all}%`;
      return part;
    }));
  const missing = data.selected - data.scenarios.length;
  const shards = data.missing_shards.length && data.shards.present.length > 1 ? `shards ${data.missing_shards.join(", ")} of ${data.shards.of} are missing` : null;
  document.getElementById("head").append(
    h("div", { class: "title" }, h("h1", {}, data.title), theme()),
    h("p", {}, [data.profile, data.contract, data.began, seconds(data.duration_ms)].filter(Boolean).join(" · ")),
    bar,
    h("div", { class: "counts" },
      words.map((word) => h("a", { class: word, href: hash({ tab: "scenarios", verdict: word }) }, h("b", {}, number(data.counts[word])), ` ${word}`)),
      missing > 0 ? h("span", { class: "error" }, h("b", {}, number(missing)), " not run") : null,
      shards ? h("span", { class: "error" }, h("b", {}, shards)) : null));
}

// Light, dark, or as the system has it.
function theme() {
  const root = document.documentElement;
  const button = h("button", { type: "button", id: "theme" });
  const remembered = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const set = (choice) => {
    root.style.colorScheme = choice || "light dark";
    const dark = choice ? choice === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    button.textContent = dark ? "Light" : "Dark";
    button.dataset.next = dark ? "light" : "dark";
    button.setAttribute("aria-label", `Switch to the ${button.dataset.next} colours`);
  };
  button.addEventListener("click", () => {
    try { localStorage.setItem("theme", button.dataset.next); } catch { /* a file may have no storage */ }
    set(button.dataset.next);
  });
  set(remembered());
  return button;
}

function summary() {
  const bad = data.scenarios.filter((scenario) => !["passed", "skipped"].includes(scenario.verdict));
  const failures = bad.map((scenario) => h("tr", {},
    h("td", {}, verdict(scenario.verdict)),
    h("td", {}, h("a", { href: link(scenario) }, scenario.title), h("div", { class: "faint" }, scenario.feature)),
    h("td", {}, stopText(scenario))));
  const flaky = data.scenarios.filter((scenario) => scenario.earlier.length);
  const features = new Map();
  for (const scenario of data.scenarios) {
    const entry = features.get(scenario.feature) || { all: 0, ms: 0, counts: {} };
    entry.all += 1;
    entry.ms += scenario.ms;
    entry.counts[scenario.verdict] = (entry.counts[scenario.verdict] || 0) + 1;
    features.set(scenario.feature, entry);
  }
  const rows = [...features].map(([feature, entry]) => h("tr", {},
    h("td", {}, h("a", { href: hash({ tab: "scenarios", feature }) }, feature)),
    h("td", {}, data.verdicts.filter((word) => entry.counts[word]).map((word) => [h("span", { class: word }, `${entry.counts[word]} ${word}`), " "])),
    h("td", { class: "faint right" }, seconds(entry.ms))));
  const proofs = data.proofs.map((word) => [word, data.requirements.filter((requirement) => requirement.proof === word).length]);
  return [
    bad.length ? h("div", { class: "box bad" }, table(["Verdict", "Scenario", "Why"], failures, "failures"))
      : h("div", { class: "box" }, data.scenarios.length
        ? [h("b", { class: "passed" }, data.counts.skipped ? "Every scenario that applies passed." : "Every scenario passed."), ` ${number(data.covered)} requirements were tested.`]
        : "Nothing ran."),
    flaky.length ? [h("h3", {}, "Run more than once"), h("div", { class: "box" }, flaky.map((scenario) => h("div", {}, h("a", { href: link(scenario) }, `${scenario.feature}: ${scenario.title}`),
      ` ${[...scenario.earlier.map((attempt) => attempt.verdict), scenario.verdict].join(", then ")}`)))] : null,
    h("h3", {}, "Requirements"),
    h("div", { class: "counts" }, proofs.filter(([, n]) => n).map(([word, n]) =>
      h("a", { class: word.replace(" ", "-"), href: hash({ tab: "requirements", proof: word }) }, h("b", {}, number(n)), ` ${word}`))),
    h("h3", {}, "Features"), table(["Feature", "Scenarios", "Time"], rows, "features"),
  ];
}

function stopText(scenario) {
  const stop = scenario.stop;
  if (!stop) return "";
  if (stop.because) return h("pre", {}, stop.because);
  const seen = stop.seen.length > 400 ? `${stop.seen.slice(0, 400)} …` : stop.seen;
  return [requirementLinks(stop.requirement), h("pre", {}, `expected ${stop.expected}\nseen     ${seen}`), scenario.excuse ? h("div", { class: "faint" }, scenario.excuse) : null];
}

function environment() {
  return [
    h("h3", {}, "This run"), pairs(data.environment.map(({ name: key, value }) => [key, value])),
    h("h3", {}, "The harness itself"), pairs(data.harness.map(({ name: key, value }) => [key, value])),
    h("h3", {}, "The contract"), pairs([["name and version", data.contract]]),
    data.placeholders.length
      ? [h("p", {}, "What proxy and cloud say to each other is not public. The contract fills these gaps in; where the real contract differs, change the contract, not the proxy:"),
        data.placeholders.map(requirementText)] : null,
    data.not_binding.length
      ? [h("h3", {}, "Not binding under this contract"), data.not_binding.map(({ id, because }) => h("div", {}, requirementText(id), h("div", { class: "faint" }, `because ${because}`)))] : null,
  ];
}
