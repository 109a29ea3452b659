// ---- where we are

const TABS = { summary, scenarios, requirements, environment };
let view = null;

function show() {
  const where = here();
  const tab = TABS[where.tab] ? where.tab : where.scenario ? "scenarios" : where.requirement ? "requirements" : "summary";
  if (view?.tab === tab && view.follow?.(where)) return;
  document.getElementById("tabs").replaceChildren(...Object.keys(TABS).map((other) =>
    h("a", { href: hash({ tab: other }), "aria-current": other === tab ? "page" : null }, other[0].toUpperCase() + other.slice(1))));
  const made = TABS[tab](where);
  view = Array.isArray(made) ? { content: made } : made;
  view.tab = tab;
  document.getElementById("main").replaceChildren(...view.content.flat(2).filter(Boolean));
  if (!where.event && !where.requirement) window.scrollTo(0, 0);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "/") { document.getElementById("search")?.focus(); event.preventDefault(); }
  if (event.key === "j") view.step?.(1);
  if (event.key === "k") view.step?.(-1);
});

// On paper: everything, what did not pass with its log.
window.addEventListener("beforeprint", () => {
  const part = (title, content) => h("section", {}, h("h2", {}, title), content);
  const bad = data.scenarios.filter((scenario) => !ordinary(scenario));
  const failures = bad.map((scenario) => h("article", {}, h("h3", {}, `${scenario.feature}: ${scenario.title}`), because(scenario), scenario.difference ? difference(scenario.difference) : null, log(scenario)));
  const tested = data.requirements.filter((requirement) => requirement.by.length);
  document.getElementById("print").replaceChildren(
    part("Summary", summary().flat().filter(Boolean)),
    bad.length ? part("What did not pass", failures) : "",
    part("Scenarios", table(["Verdict", "Scenario", "Time"], data.scenarios.map((scenario) =>
      h("tr", {}, h("td", {}, verdict(scenario.verdict)), h("td", {}, `${scenario.feature}: ${scenario.title}`), h("td", {}, seconds(scenario.ms)))))),
    part("Requirements", table(["Id", "Verdict", "Level", "Binds", "Basis", "What it asks for"], tested.map((requirement) =>
      h("tr", {}, [requirement.id, verdict(requirement.proof), requirement.level, requirement.subject, requirement.basis, requirement.text].map((cell) => h("td", {}, cell)))))),
    part("Environment", environment().flat().filter(Boolean)));
});
window.addEventListener("afterprint", () => document.getElementById("print").replaceChildren());

const log = (scenario) => h("pre", {}, scenario.log.slice(0, 400).map(([ms, from, to, , text]) => `${ms.toFixed(1).padStart(9)} ms  ${(to ? `${from} → ${to}` : from).padEnd(14)} ${text}`).join("\n"),
  scenario.log.length > 400 ? `\n… ${number(scenario.log.length - 400)} lines more` : "");

head();
show();
window.addEventListener("hashchange", show);
