// Notes what the browser has laid out, for the test: of each panel its texts, its lines, and what leaves its place.

"use strict";

const box = (it) => {
  const { left, top, width, height, right, bottom } = it.getBoundingClientRect();
  return { left, top, width, height, right, bottom };
};
// Half a pixel is not seen.
const inside = (inner, outer) =>
  inner.left >= outer.left - 0.5 &&
  inner.right <= outer.right + 0.5 &&
  inner.top >= outer.top - 0.5 &&
  inner.bottom <= outer.bottom + 0.5;
const all = (from, query) => [...from.querySelectorAll(query)];
const shown = (from, query) => all(from, query).map((it) => it.textContent);

const measured = all(document, "section").map((section) => {
  const place = box(section);
  const legend = section.querySelector(".legend");
  const hidden = legend ? all(legend, "li").filter((it) => !inside(box(it), box(legend))) : [];
  const visible = all(section, "*").filter((it) => !hidden.some((item) => item.contains(it)));
  const isCut = (it) => it.clientWidth > 0 && it.scrollWidth > it.clientWidth + 1;
  const leaves = visible.filter((it) => !inside(box(it), place) || isCut(it));
  const plot = section.querySelector("svg");
  const crossing = plot ? all(plot, "*").filter((it) => !inside(box(it), box(plot))) : [];
  return {
    id: section.dataset.id,
    kind: section.className,
    title: section.querySelector("h2").textContent,
    place,
    value: section.querySelector(".value")?.textContent ?? null,
    axis: shown(section, ".amount"),
    legend: shown(section, ".legend span"),
    series: all(section, ".series").map((line) => ({ name: line.dataset.name, ...box(line) })),
    hidden: hidden.length,
    outside: [...leaves, ...crossing].map((it) => `${it.tagName.toLowerCase()} ${it.textContent}`.trim()),
  };
});
const note = document.body.appendChild(document.createElement("script"));
note.type = "application/json";
note.id = "measured";
const height = Math.ceil(box(document.querySelector(".board")).bottom);
note.textContent = JSON.stringify({ height, panels: measured });
