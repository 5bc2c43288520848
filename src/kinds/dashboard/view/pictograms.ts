import { trusted, type Markup } from "../../../util/markup.ts";

/** Pictograms of panel types in a box of 100 by 40. They show no data. */
const SHAPES = {
  lines:
    '<path d="M0 30 12 22 24 26 38 12 50 19 64 8 78 17 90 10 100 14"/><path d="M0 36 14 33 30 35 46 27 62 30 80 24 100 27"/>',
  bars: '<path d="M8 40V24M22 40V12M36 40V20M50 40V6M64 40V16M78 40V26M92 40V18"/>',
  number:
    '<path d="M22 10 28 6V34M42 10Q50 2 58 9 61 16 42 34H60M72 8Q82 3 86 11 86 18 78 19 88 20 87 28 82 37 71 31"/>',
  gauge: '<path d="M22 36A28 28 0 0 1 78 36M50 36 64 18"/>',
  bands: '<path d="M4 8H78M4 20H52M4 32H92"/>',
  table: '<path d="M2 4H98V36H2ZM2 14H98M2 25H98M34 4V36M66 4V36"/>',
  log: '<path d="M2 6H70M2 15H92M2 24H56M2 33H82"/>',
  pie: '<path d="M50 4A16 16 0 1 1 34 20H50Z"/>',
  cells: '<path d="M6 6H20V14H6ZM28 6H42V14H28ZM72 6H86V14H72ZM28 24H42V32H28ZM50 24H64V32H50ZM72 24H86V32H72Z"/>',
  text: '<path d="M2 6H60M2 16H96M2 24H88M2 32H40"/>',
  spans: '<path d="M2 6H94M10 16H60M22 25H44M48 34H84"/>',
} as const;

const OF_TYPE: Readonly<Record<string, keyof typeof SHAPES>> = {
  timeseries: "lines",
  graph: "lines",
  trend: "lines",
  xychart: "lines",
  barchart: "bars",
  histogram: "bars",
  candlestick: "bars",
  stat: "number",
  singlestat: "number",
  gauge: "gauge",
  bargauge: "bands",
  table: "table",
  "table-old": "table",
  alertlist: "table",
  logs: "log",
  dashlist: "log",
  annolist: "log",
  news: "log",
  piechart: "pie",
  heatmap: "cells",
  "status-history": "cells",
  "state-timeline": "bands",
  text: "text",
  traces: "spans",
  flamegraph: "spans",
  nodeGraph: "spans",
};

/** These keep their aspect ratio. Others fill the panel. */
const ROUND = new Set(["number", "gauge", "pie"]);

/** The shapes, once per page. */
export function pictogramShapes(): Markup {
  const symbols = Object.entries(SHAPES).map(
    ([name, path]) =>
      `<symbol id="i-${name}" viewBox="0 0 100 40"${ROUND.has(name) ? "" : ' preserveAspectRatio="none"'}>${path}</symbol>`,
  );
  return trusted(`<svg class="shapes" aria-hidden="true">${symbols.join("")}</svg>`);
}

/** The pictogram of a type; empty for unknown types. */
export function pictogram(type: string): Markup | undefined {
  if (!Object.hasOwn(OF_TYPE, type)) return undefined;
  return trusted(`<svg aria-hidden="true"><use href="#i-${OF_TYPE[type]}"/></svg>`);
}
