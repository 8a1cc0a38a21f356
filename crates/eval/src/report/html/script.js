"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 100;
const make = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
const ORDER = { error: 1, missing: 2, failed: 3, skipped: 3.5, passed: 5 };
// The part in which two texts differ, between what they have in common at both ends.
const differing = (text, other) => {
  let a = 0, b = 0;
  while (a < text.length && text[a] === other[a]) a++;
  while (b < text.length - a && b < other.length - a && text[text.length - 1 - b] === other[other.length - 1 - b]) b++;
  const pre = make("pre"), middle = make("mark", text.slice(a, text.length - b));
  pre.append(text.slice(0, a), middle, text.slice(text.length - b));
  return pre;
};
const histogram = (box, values, low, high, label, name) => {
  if (!values.length) { box.hidden = true; return; }
  const bins = new Array(24).fill(0), width = (high - low) / bins.length || 1;
  values.forEach((v) => bins[Math.max(0, Math.min(bins.length - 1, Math.floor((v - low) / width)))]++);
  const top = Math.max(...bins), row = make("div");
  bins.forEach((n, i) => { const bar = make("i"); bar.style.height = n ? `${Math.max(3, 100 * n / top)}%` : "0"; bar.title = `${n} at ${label(low + i * width)}`; row.append(bar); });
  const ends = make("p"); ends.append(make("span", label(low)), make("span", `most in one bar: ${top}`), make("span", label(high)));
  box.append(make("h3", name), row, ends);
};
data.forEach((suite, index) => {
  const at = (name) => document.querySelector(`[data-${name}="${index}"]`);
  const list = at("cases"), search = at("search"), chips = at("chips");
  const rank = (r) => (r.f === "fell" ? 0 : r.f === "less" ? 0.5 : r.q || r.l ? 4 : r.f === "rose" ? 4.5 : ORDER[r.s]);
  const rows = suite.rows.map((r, i) => [r, i]).sort((x, y) => rank(x[0]) - rank(y[0]) || x[1] - y[1]).map((x) => x[0]);
  const detail = (r) => {
    const box = make("div", undefined, "detail");
    if (r.d) box.append(make("p", r.d));
    if (r.p.length) {
      const ul = make("ul", undefined, "parts");
      r.p.forEach(([kind, pass, score, reason]) => { const li = make("li"); li.append(make("b", pass ? "✓ " : "✗ ", pass ? "passed" : "failed"), `${kind} ${score.toFixed(2)} · ${reason}`); ul.append(li); });
      box.append(ul);
    }
    if (r.i && r.i.length) {
      const asked = make("div", undefined, "sides");
      r.i.forEach(([name, value]) => { const d = make("div"); d.append(make("h4", name), make("pre", value)); asked.append(d); });
      box.append(asked);
    }
    const sides = make("div", undefined, "sides");
    const side = (title, body) => { const d = make("div"); d.append(make("h4", title), body); sides.append(d); };
    if (r.b !== null) side("before", r.o === null ? make("pre", r.b) : differing(r.b, r.o));
    if (r.o !== null) side(r.b === null ? "answer" : "now", r.b === null ? make("pre", r.o) : differing(r.o, r.b));
    box.append(sides.childElementCount ? sides : make("p", "The answer is not kept in reports where a case passed; recordings hold it."));
    const facts = [r.t === null ? "" : `${r.t} ms`, r.n ? `repeat ${r.n + 1}` : "", suite.models[r.m]].filter(Boolean);
    box.append(make("p", facts.join(" · ")));
    return box;
  };
  const row = (r) => {
    const d = make("details"), s = make("summary");
    const name = r.c + (r.n ? ` #${r.n + 1}` : "") + (suite.models.length > 1 ? ` [${suite.models[r.m]}]` : "");
    const word = r.f === "fell" || r.f === "rose" ? r.f : r.s;
    s.append(make("b", r.q ? "aside" : r.l ? "let by" : word, r.q || r.l ? "skipped" : r.s), make("code", name), make("span", [r.d, r.r].filter(Boolean).join(" · ") || (r.j ? "the judge was divided" : "")), make("i", r.v.toFixed(2)));
    d.append(s);
    d.addEventListener("toggle", () => { if (d.open && d.childElementCount === 1) d.append(detail(r)); });
    return d;
  };
  const kinds = [["all", "all", () => true], ["fell", "newly failing", (r) => r.f === "fell"], ["less", "less often", (r) => r.f === "less"], ["rose", "newly passing", (r) => r.f === "rose"], ["divided", "judge divided", (r) => r.j], ["aside", "in quarantine", (r) => r.q], ["let", "let by", (r) => r.l], ...["failed", "error", "missing", "skipped", "passed"].map((s) => [s, s, (r) => r.s === s && !((r.q || r.l) && s === "failed")])];
  let chosen = kinds[0];
  // What is searched is put together once, when somebody searches.
  const text = (r) => (r.x ??= `${r.c} ${r.d || ""} ${r.r} ${r.o || ""}`.toLowerCase());
  const draw = (shown) => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = rows.filter((r) => chosen[2](r) && words.every((w) => text(r).includes(w)));
    list.replaceChildren(...fits.slice(0, shown).map(row));
    if (fits.length > shown) list.append(make("p", `the first ${shown.toLocaleString("en")} of ${fits.length.toLocaleString("en")}`, "cut"));
    if (!fits.length) list.append(make("p", "No case fits.", "none"));
    if (fits.length > shown) { const more = make("button", `show ${Math.min(PAGE * 5, fits.length - shown)} more of ${fits.length - shown}`, "more"); more.onclick = () => draw(shown + PAGE * 5); list.append(more); }
  };
  kinds.forEach((kind) => {
    const n = rows.filter(kind[2]).length;
    if (!n || (kind[0] !== "all" && n === rows.length)) return;
    const chip = make("button", `${kind[1]} ${n.toLocaleString("en")}`);
    chip.setAttribute("aria-pressed", kind === chosen);
    chip.onclick = () => { chosen = kind; chips.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", b === chip)); draw(PAGE); };
    chips.append(chip);
  });
  search.oninput = () => draw(PAGE);
  draw(PAGE);
  const charts = at("charts"), graded = rows.filter((r) => r.s === "passed" || r.s === "failed");
  const scores = make("div", undefined, "chart"), times = make("div", undefined, "chart"), moved = make("div", undefined, "chart");
  histogram(scores, graded.map((r) => r.v), 0, 1, (v) => v.toFixed(1), "scores");
  const taken = graded.map((r) => r.t).filter((t) => t !== null).sort((a, b) => a - b);
  const most = taken[Math.floor(taken.length * 0.99)] || 0;
  histogram(times, most ? taken : [], 0, most, (v) => (v < most ? "" : "≥ ") + `${Math.round(v)} ms`, "time to answer");
  const pairs = graded.filter((r) => r.w !== null).map((r) => r.v - r.w);
  histogram(moved, pairs, -1, 1, (v) => (v > 0 ? "+" : "") + v.toFixed(1), "score now less before, pair by pair");
  charts.append(scores, moved, times);
});
