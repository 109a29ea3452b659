// ---- requirements: what each asks for, and what the run says about it

const KINDS = { level: "levels", subject: "subjects", basis: "bases" };

function requirements(where) {
  const filter = { proof: where.proof || "", level: where.level || "", subject: where.subject || "", basis: where.basis || "", text: where.text || "" };
  const found = h("span", { class: "faint", role: "status" });
  const place = h("div", {});
  const fill = () => {
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = data.requirements.filter((requirement) => (!filter.proof || requirement.proof === filter.proof)
      && Object.keys(KINDS).every((kind) => !filter[kind] || requirement[kind] === filter[kind])
      && words.every((word) => `${requirement.id} ${requirement.text} ${requirement.source}`.toLowerCase().includes(word)));
    found.textContent = `${number(fits.length)} of ${number(data.requirements.length)}`;
    const wanted = fits.findIndex((requirement) => requirement.id === where.requirement);
    const body = lazily(h("tbody", {}), fits, (requirement) => row(requirement, requirement.id === where.requirement), wanted + 30);
    place.replaceChildren(table(["Id", "Verdict", "Level", "Binds", "Basis", "What it asks for"], body, "matrix"));
  };
  const change = (key) => (event) => {
    filter[key] = event.target.value;
    keep({ tab: "requirements", ...filter });
    fill();
  };
  fill();
  requestAnimationFrame(() => place.querySelector(".wanted")?.scrollIntoView());
  return { content: [
    h("div", { class: "tools" },
      h("input", { type: "search", id: "search", placeholder: "Search id, text ( / )", "aria-label": "Search", value: filter.text, oninput: change("text") }),
      select("Verdict", "all verdicts", data.proofs, filter.proof, change("proof")),
      Object.entries(KINDS).map(([kind, all]) => select(kind, `all ${all}`, [...new Set(data.requirements.map((requirement) => requirement[kind]))].sort(), filter[kind], change(kind))),
      found),
    place] };
}

function row(requirement, wanted) {
  const by = requirement.by.map((at) => data.scenarios[at]).sort((a, b) => ordinary(a) - ordinary(b)); // red first
  const scenario = (one) => h("div", {}, h("a", { href: link(one), class: one.verdict }, `${SIGNS[one.verdict]} ${one.feature}: ${one.title}`));
  return h("tr", { class: wanted ? "wanted" : null },
    h("td", {}, h("a", { class: "id", href: hash({ requirement: requirement.id }) }, requirement.id)),
    h("td", {}, verdict(requirement.proof)),
    h("td", {}, requirement.level), h("td", {}, requirement.subject), h("td", {}, requirement.basis),
    h("td", {}, requirement.text,
      requirement.item ? h("div", { class: "faint" }, `depends on the unpublished item ${requirement.item}`) : null,
      by.length ? h("details", { open: wanted || by.length === 1 && requirement.proof === "failed" }, h("summary", {}, plural(by.length, "scenario")), by.map(scenario))
        : h("div", { class: "faint" }, requirement.untested ? `not tested: ${requirement.untested}` : "no scenario of this run")));
}
