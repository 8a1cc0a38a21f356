"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 200;
const make = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
data.forEach((suite, index) => {
  const at = (name) => document.querySelector(`[data-${name}="${index}"]`);
  const list = at("cases"), search = at("suite"), bad = at("bad"), canvas = at("scores");
  const row = (r) => {
    const d = make("details"), s = make("summary");
    const name = r.c + (r.n ? ` #${r.n + 1}` : "") + (suite.models.length > 1 ? ` [${suite.models[r.m]}]` : "");
    s.append(make("b", r.s, r.s), make("code", name), make("span", r.r || r.d || ""), make("i", r.v.toFixed(2)));
    d.append(s);
    d.addEventListener("toggle", () => {
      if (!d.open || d.childElementCount > 1) return;
      if (r.p.length) { const ul = make("ul", undefined, "parts"); r.p.forEach(([kind, pass, score, reason]) => ul.append(make("li", `${kind} ${score.toFixed(2)}: ${reason}`, pass ? "passed" : "failed"))); d.append(ul); }
      d.append(r.o === null ? make("p", "the output is not kept for cases that passed") : make("pre", r.o));
    });
    return d;
  };
  const draw = (shown) => {
    const words = search.value.toLowerCase();
    const fits = suite.rows.filter((r) => (!bad.checked || r.s !== "passed") && (!words || (r.c + " " + (r.d || "") + " " + r.r).toLowerCase().includes(words)));
    list.replaceChildren(...fits.slice(0, shown).map(row));
    if (fits.length > shown) { const more = make("button", `show more (${fits.length - shown} left)`, "more"); more.onclick = () => draw(shown + PAGE * 5); list.append(more); }
  };
  search.oninput = bad.onchange = () => draw(PAGE);
  bad.checked = suite.rows.length > PAGE && suite.rows.some((r) => r.s !== "passed");
  draw(PAGE);
  const bins = new Array(20).fill(0);
  suite.rows.forEach((r) => bins[Math.max(0, Math.min(19, Math.floor(r.v * 20)))]++);
  const c = canvas.getContext("2d"), top = Math.max(...bins, 1);
  c.fillStyle = getComputedStyle(document.body).getPropertyValue("--accent");
  bins.forEach((n, i) => { const h = n ? Math.max(2, 34 * n / top) : 0; c.fillRect(i * 12, 36 - h, 10, h); });
  canvas.title = "cases by score, 0 to 1";
});
