// ---- the bytes of a message; the live page uses this file as well

const number = (n) => n.toLocaleString("en-US").replaceAll(",", "\u202f");
const bytesOf = (message) => (message.decoded ||= Uint8Array.from(atob(message.bytes), (c) => c.charCodeAt(0)));

function hexOf(message) {
  const bytes = bytesOf(message);
  const lines = [];
  let [omitted, next, at] = [0, 0, 0];
  while (at < bytes.length) {
    let end = Math.min(at + 16, bytes.length);
    const cut = message.cuts[next];
    const here = cut && cut[0] <= end;
    if (here) { end = cut[0]; next += 1; }
    const row = Array.from(bytes.subarray(at, end));
    const ascii = row.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : ".")).join("");
    if (row.length) lines.push(`${(at + omitted).toString(16).padStart(6, "0")}  ${row.map((b) => b.toString(16).padStart(2, "0")).join(" ").padEnd(47)}  ${ascii}`);
    if (here) { lines.push(`        … ${number(cut[1])} bytes`); omitted += cut[1]; }
    at = end;
  }
  return lines.join("\n");
}

