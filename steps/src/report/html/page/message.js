// ---- a message: its fields, its bytes, and how it differs from another

function text(bytes) {
  try { return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch { return Array.from(bytes, (b) => String.fromCharCode(b)).join(""); }
}

// Segments with their fields: { key: "OBX[2]-5", name, value, cut }.
function fieldsOf(message) {
  const bytes = bytesOf(message);
  const delimiter = bytes[0] === 77 && bytes[1] === 83 && bytes[2] === 72 ? bytes[3] : 124;
  const segments = [];
  const counts = new Map();
  const segment = (begin, end) => {
    const bounds = [];
    let from = begin;
    for (let at = begin; at <= end; at++) if (at === end || bytes[at] === delimiter) { bounds.push([from, at]); from = at + 1; }
    const id = text(bytes.subarray(...bounds[0]));
    const nth = (counts.get(id) || 0) + 1;
    counts.set(id, nth);
    const key = nth > 1 ? `${id}[${nth}]` : id;
    const names = data.names[id] || [];
    const header = id === "MSH" ? 1 : 0;
    const fields = header ? [{ key: "MSH-1", name: names[1], value: String.fromCharCode(delimiter), cut: "" }] : [];
    bounds.slice(1).forEach(([a, b], index) => {
      const left = message.cuts.filter(([at]) => at > a && at <= b);
      if (a === b && !left.length) return;
      const whole = left.reduce((sum, [, omitted]) => sum + omitted, b - a);
      const cut = left.length ? ` … (${number(whole)} bytes in all)` : "";
      fields.push({ key: `${key}-${index + 1 + header}`, name: names[index + 1 + header], value: text(bytes.subarray(a, b)), cut });
    });
    segments.push({ key, name: names[0], fields });
  };
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 13) continue;
    if (at > start) segment(start, at);
    start = at + 1;
  }
  return segments;
}

const value = (field) => (field ? [nodes(field.value, STRICT).map((part) => (typeof part === "string" ? document.createTextNode(part) : part)), field.cut ? h("span", { class: "faint" }, field.cut) : null] : h("span", { class: "faint" }, "empty"));

function decoded(message) {
  const left = message.cuts.length ? ` · ${plural(message.cuts.length, "long value")} shortened` : "";
  const fields = h("div", {});
  const rows = fieldsOf(message).flatMap((segment) => [{ segment }, ...segment.fields]);
  const body = h("tbody", {});
  lazily(body, rows, (row) => (row.segment
    ? h("tr", { class: "segment" }, h("th", { scope: "row" }, row.segment.key), h("td", {}, row.segment.name || ""), h("td", {}))
    : h("tr", {}, h("td", { class: "mono" }, row.key), h("td", { class: "faint" }, row.name || ""), h("td", { class: "mono" }, value(row)))));
  fields.append(table(["Field", "Name", "Value"], body, "message"));
  const hex = h("pre", { class: "hex", hidden: true, tabindex: "0" });
  const pick = h("button", { type: "button", class: "pick", onclick: () => {
    if (!hex.textContent) hex.textContent = hexOf(message);
    hex.hidden = !hex.hidden;
    fields.hidden = !hex.hidden;
    pick.textContent = hex.hidden ? "Bytes" : "Fields";
  } }, "Bytes");
  return h("div", {}, h("div", { class: "tools" }, h("span", { class: "faint" }, `${number(message.size)} bytes${left}`), pick), fields, hex);
}

// Only what differs, field by field.
function difference({ expected, seen }) {
  const all = (message) => new Map(fieldsOf(data.messages[message]).flatMap((segment) => [[segment.key, { key: segment.key, name: segment.name, value: segment.key, cut: "" }], ...segment.fields.map((field) => [field.key, field])]));
  const [before, after] = [all(expected), all(seen)];
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const differing = keys.filter((key) => before.get(key)?.value !== after.get(key)?.value || before.get(key)?.cut !== after.get(key)?.cut);
  const rows = differing.map((key) => h("tr", {}, h("td", { class: "mono" }, key), h("td", { class: "faint" }, (before.get(key) || after.get(key)).name || ""),
    h("td", { class: "mono" }, h("del", {}, value(before.get(key)))), h("td", { class: "mono" }, h("ins", {}, value(after.get(key))))));
  return h("div", { class: "difference" },
    rows.length ? table(["Field", "Name", "Snapshot", "This run"], rows) : h("p", {}, "All fields are equal; the bytes differ in separators or line ends, or inside a long value."),
    h("details", {}, h("summary", {}, "The snapshot, whole"), decoded(data.messages[expected])),
    h("details", {}, h("summary", {}, "The message, whole"), decoded(data.messages[seen])));
}
