// Draws a dashboard from its definition, as Grafana or as OpenShift's console is given it, and from the answers of a server
// of Prometheus. What a definition leaves out is as its reader has it, as far as it shows: units, axes, legends, colors.

"use strict";

const given = JSON.parse(document.getElementById("given").textContent);
const SVG = "http://www.w3.org/2000/svg";

const element = (parent, name, properties = {}, text = "") => {
  const made = parent.appendChild(document.createElement(name));
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const shape = (parent, name, properties, text = "") => {
  const made = parent.appendChild(document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

// --- What both forms say, in one way: rows, and in them panels with their places.

function fromGrafana(dashboard) {
  const column = (document.body.clientWidth - 2 * MARGIN + GAP) / 24;
  const place = ({ x, y, w, h }) => ({
    left: MARGIN + x * column,
    top: y * LINE,
    width: w * column - GAP,
    height: h * LINE - GAP,
  });
  return dashboard.panels.map((panel) => {
    const common = { id: panel.id, title: panel.title, place: place(panel.gridPos) };
    if (panel.type === "row") return { ...common, kind: "row" };
    const { unit, min, decimals, noValue, custom } = panel.fieldConfig.defaults;
    return {
      ...common,
      kind: { stat: "number", timeseries: "lines" }[panel.type],
      unit,
      // Soft limits give way to values outside of them.
      least: min,
      range: [custom?.axisSoftMin, custom?.axisSoftMax],
      decimals,
      nothing: noValue,
      isStacked: custom?.stacking.mode === "normal",
      fill: (custom?.fillOpacity ?? 0) / 100,
      width: custom?.lineWidth,
      hasLegend: panel.options.legend?.showLegend ?? false,
      targets: panel.targets,
    };
  });
}

function fromConsole(dashboard) {
  const column = (document.body.clientWidth - 2 * MARGIN + GAP) / 12;
  const all = [];
  let top = 0;
  for (const row of dashboard.rows) {
    const width = column * 12 - GAP;
    all.push({ id: `row ${row.title}`, title: row.title, kind: "row", place: { left: MARGIN, top, width, height: 30 } });
    top += 30;
    const height = Number.parseInt(row.height, 10);
    let left = 0;
    for (const panel of row.panels) {
      const isGraph = panel.type === "graph";
      all.push({
        id: panel.id,
        title: panel.title,
        kind: { singlestat: "number", graph: "lines" }[panel.type],
        place: { left: MARGIN + left * column, top, width: panel.span * column - GAP, height },
        unit: isGraph ? panel.yaxes[0].format : panel.format,
        least: isGraph ? panel.yaxes[0].min : undefined,
        range: [],
        decimals: panel.decimals,
        nothing: panel.valueMaps?.find((map) => map.value === "null")?.text,
        isStacked: panel.stack,
        fill: (panel.fill ?? 0) / 5,
        width: panel.linewidth,
        hasLegend: panel.legend?.show ?? false,
        targets: panel.targets,
      });
      left += panel.span;
      if (left >= 12) [left, top] = [0, top + height + GAP];
    }
    top += 10;
  }
  return all;
}

// --- Units, as each writes them.

const GRAFANA_UNITS = {
  short: [1000, ["", " K", " Mil", " Bil", " Tri"]],
  ops: [1000, [" ops/s", "K ops/s", "M ops/s"]],
  reqps: [1000, [" req/s", "K req/s", "M req/s"]],
  Bps: [1000, [" B/s", " kB/s", " MB/s", " GB/s", " TB/s"]],
  bytes: [1024, [" B", " KiB", " MiB", " GiB", " TiB"]],
};
const SECONDS = [
  [1e-3, 1e-6, " µs"],
  [1, 1e-3, " ms"],
  [60, 1, " s"],
  [3600, 60, " min"],
  [86400, 3600, " hour"],
  [Infinity, 86400, " day"],
];

// By how much Grafana divides a value, and what it writes after it.
function scale(value, unit) {
  const size = Math.abs(value);
  if (unit === "percentunit") return [0.01, "%"];
  if (unit === "s") return size === 0 ? [1, " s"] : SECONDS.find(([below]) => size < below).slice(1);
  if (unit.startsWith("suffix:")) return [1, ` ${unit.slice("suffix:".length)}`];
  if (!(unit in GRAFANA_UNITS)) throw new Error(`no unit ${unit}`);
  const [factor, names] = GRAFANA_UNITS[unit];
  const power = size ? Math.min(Math.max(Math.floor(Math.log(size) / Math.log(factor)), 0), names.length - 1) : 0;
  return [factor ** power, names[power]];
}

function writtenByGrafana(value, unit, decimals) {
  const [divisor, name] = scale(value, unit);
  const shown = Math.abs(value / divisor);
  const own = Number.isInteger(shown) || shown >= 100 ? 0 : shown >= 10 ? 1 : 2;
  return (value / divisor).toFixed(decimals ?? own) + name;
}

// All that are divided alike with as many decimals as their values need.
function ticksOfGrafana(values, unit) {
  return values.map((value) => {
    const [divisor] = scale(value, unit);
    const alike = values.filter((other) => other !== 0 && scale(other, unit)[0] === divisor).map((other) => other / divisor);
    const decimals = [0, 1, 2, 3].find((count) => alike.every((it) => Math.abs(Number(it.toFixed(count)) - it) < 1e-6)) ?? 4;
    return writtenByGrafana(value, unit, value === 0 ? 0 : decimals);
  });
}

// Any other unit is none to the console.
const CONSOLE_UNITS = {
  short: [1000, ["", "k", "m", "b"]],
  Bps: [1000, [" Bps", " KBps", " MBps", " GBps", " TBps"]],
  bytes: [1024, [" B", " KiB", " MiB", " GiB", " TiB"]],
  ms: [1000, [" ms", " s"]],
};

function writtenByConsole(value, unit, decimals = 2) {
  if (unit === "percentunit") return `${(value * 100).toFixed(decimals)}%`;
  if (unit === "s") return writtenByConsole(value * 1000, "ms");
  const [factor, names] = CONSOLE_UNITS[unit] ?? CONSOLE_UNITS.short;
  let power = 0;
  while (value >= factor && power < names.length - 1) [value, power] = [value / factor, power + 1];
  const digits = value < 1 ? 3 : value < 100 ? 2 : 1;
  return Number(value.toFixed(digits)).toString() + names[power];
}

// --- Answers.

const label = (labels, legend) => legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? "");

const seriesOf = (panel) =>
  panel.targets.flatMap((target) =>
    given.answers[target.expr].map(({ labels, values }) => ({ name: label(labels, target.legendFormat), values })),
  );

// --- Axes.

// The steps that there may be between ticks.
function* steps(unit) {
  for (let power = -6; power < 15; power += 1) {
    for (const multiple of [1, 2, 2.5, 5]) {
      const step = multiple * 10 ** power;
      if (form === CONSOLE || (unit === "bytes" ? step < 1 : unit !== "s" || step < 60)) yield step;
    }
  }
  if (unit === "s" && form === GRAFANA) yield* [60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  if (unit === "bytes" && form === GRAFANA) for (let power = 0; power < 60; power += 1) yield 2 ** power;
}

// Ticks from a value to another or above it, as close as there is room for their texts.
function ticks(bottom, top, unit, room) {
  const most = Math.max(2, Math.floor(room / 28));
  for (const step of steps(unit)) {
    const [first, last] = [Math.floor(bottom / step + 1e-9), Math.ceil(top / step - 1e-9)];
    if (last - first <= most) return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  }
  throw new Error(`no ticks from ${bottom} to ${top}`);
}

const clock = (time) => new Date(time * 1000).toISOString().slice(11, 16);

// --- Panels.

function number(panel, body) {
  const [one] = seriesOf(panel);
  const value = one?.values.at(-1) ?? null;
  const text = value === null ? (panel.nothing ?? "No data") : form.written(value, panel.unit, panel.decimals);
  element(body, "div", { class: "value" }, text);
}

function lines(panel, body) {
  const series = seriesOf(panel);
  const plot = element(body, "div", { class: "plot" });
  if (panel.hasLegend) {
    const legend = element(body, "ul", { class: "legend" });
    series.forEach(({ name }, at) => {
      const item = element(legend, "li");
      element(item, "i", { style: `background: ${COLORS[at % COLORS.length]}` });
      element(item, "span", {}, name);
    });
  }
  const [width, height] = [plot.clientWidth, plot.clientHeight];
  const svg = shape(plot, "svg", { width, height });

  let below = given.times.map(() => 0);
  const drawn = series.map(({ name, values }) => {
    if (!panel.isStacked) return { name, from: given.times.map(() => 0), to: values };
    const from = below;
    below = values.map((value, at) => from[at] + (value ?? 0));
    return { name, from, to: below };
  });
  const isThere = (value) => value !== null && value !== undefined;
  const shown = [...drawn.flatMap(({ to }) => to), ...panel.range].filter(isThere);
  const lowest = panel.least ?? Math.min(...shown);
  const highest = Math.max(...shown);
  const bottom = height - 20;
  const marks = ticks(lowest, highest > lowest ? highest : lowest + 1, panel.unit, bottom - 8);
  const names = form.ticks(marks, panel.unit);
  const measure = shape(svg, "text", { class: "axis" });
  const left = 8 + Math.max(...names.map((name) => ((measure.textContent = name), measure.getComputedTextLength())));
  measure.remove();

  const [first, last] = [given.times[0], given.times.at(-1)];
  const x = (time) => left + ((time - first) / (last - first)) * (width - left - 12);
  const y = (value) => bottom - ((value - marks[0]) / (marks.at(-1) - marks[0])) * (bottom - 8);
  marks.forEach((mark, at) => {
    shape(svg, "line", { class: "grid", x1: left, x2: width - 12, y1: y(mark), y2: y(mark) });
    shape(svg, "text", { class: "axis amount", x: left - 6, y: y(mark) + 4, "text-anchor": "end" }, names[at]);
  });
  const hours = [1800, 3600, 7200].find((step) => (x(first + step) - left) >= 56) ?? 7200;
  for (let time = Math.ceil(first / hours) * hours; time <= last; time += hours) {
    shape(svg, "line", { class: "grid", x1: x(time), x2: x(time), y1: 8, y2: bottom });
    const anchor = time === last ? "end" : "middle";
    shape(svg, "text", { class: "axis hour", x: x(time), y: height - 5, "text-anchor": anchor }, clock(time));
  }

  const at = (values, index) => `${x(given.times[index]).toFixed(1)} ${y(values[index]).toFixed(1)}`;
  drawn.forEach(({ name, from, to }, order) => {
    const color = COLORS[order % COLORS.length];
    // A gap in the values is one in the line.
    const pieces = [];
    to.forEach((value, index) => {
      if (value === null) return;
      if (index === 0 || to[index - 1] === null) pieces.push([]);
      pieces.at(-1).push(index);
    });
    if (panel.isStacked) {
      for (const piece of pieces) {
        const edge = [...piece.map((index) => at(to, index)), ...piece.toReversed().map((index) => at(from, index))];
        shape(svg, "path", { d: `M${edge.join("L")}Z`, fill: color, "fill-opacity": panel.fill });
      }
    }
    const path = pieces.map((piece) => `M${piece.map((index) => at(to, index)).join("L")}`).join("");
    shape(svg, "path", { class: "series", "data-name": name, d: path, stroke: color, "stroke-width": panel.width });
  });
}

// --- The page.

const style = getComputedStyle(document.documentElement);
const setting = (name) => style.getPropertyValue(`--${name}`).trim();
const COLORS = setting("colors").split(/\s+/);
// Pixels: beside all, between panels, and a line of Grafana's grid, which is a bit higher there.
const [MARGIN, GAP, LINE] = [16, 8, 32];

const GRAFANA = { panels: fromGrafana, written: writtenByGrafana, ticks: ticksOfGrafana };
const CONSOLE = {
  panels: fromConsole,
  written: writtenByConsole,
  ticks: (values, unit) => values.map((value) => writtenByConsole(value, unit)),
};
const form = given.dashboard.rows ? CONSOLE : GRAFANA;

const bar = element(document.body, "div", { class: "bar" });
element(bar, "h1", {}, given.dashboard.title);
for (const variable of given.dashboard.templating.list) {
  element(bar, "label", {}, variable.label);
  element(bar, "b", {}, "Prometheus");
}
const day = new Date(given.times[0] * 1000).toISOString().slice(0, 10);
element(bar, "b", { class: "time" }, `${day} ${clock(given.times[0])} to ${clock(given.times.at(-1))} UTC`);
element(bar, "b", {}, `⟳ ${given.dashboard.refresh}`);

const board = element(document.body, "div", { class: "board" });
let lowest = 0;
for (const panel of form.panels(given.dashboard)) {
  const { left, top, width, height } = panel.place;
  lowest = Math.max(lowest, top + height);
  const place = `left: ${left}px; top: ${top}px; width: ${width}px; height: ${height}px`;
  const section = element(board, "section", { class: panel.kind, "data-id": panel.id, style: place });
  element(section, "h2", {}, panel.title);
  if (panel.kind === "number") number(panel, section);
  if (panel.kind === "lines") lines(panel, section);
}
board.style.height = `${lowest + MARGIN}px`;
