import { createHash } from "node:crypto";
import type { Section } from "../operations/model.ts";
import { htmlOf, markup, trusted, type Markup } from "../util/markup.ts";
import { cellText, conclusion, headline, moreText, shownColumns, type StackReportInput } from "./stack-report.ts";

const STYLE = `:root{color-scheme:light dark;--line:#8884;--ok:#1a7f37;--attention:#cf222e;--unknown:#9a6700}
@media(prefers-color-scheme:dark){:root{--ok:#3fb950;--attention:#f85149;--unknown:#d29922}}
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}h2{margin:2rem 0 .3rem}
.state{font-size:.8rem;font-weight:600;margin-left:.6rem}.ok{color:var(--ok)}.attention{color:var(--attention)}.unknown{color:var(--unknown)}
.scroll{overflow-x:auto}.missing,.asked{opacity:.8}`;

const STATES: Readonly<Record<Section["state"], string>> = {
  ok: "OK",
  attention: "needs attention",
  unknown: "not known",
};

/** The report as one page, which loads nothing and has no scripts. */
export function stackReportHtml(report: StackReportInput): string {
  const hash = createHash("sha256").update(STYLE).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const asked = report.asked.length === 0 ? "No server could be asked." : `Asked: ${report.asked.join(", ")}`;
  const title = headline(report);
  const page = markup`<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${trusted(
    STYLE,
  )}</style></head><body><h1>${title}</h1><p>${conclusion(report)}</p><p class="asked">${asked}</p>${report.sections.map(sectionMarkup)}</body></html>`;
  return `<!doctype html>\n${htmlOf(page)}\n`;
}

function sectionMarkup(section: Section): Markup {
  const { id, title, state, summary, rows, unasked } = section;
  const columns = shownColumns(section);
  const isNumber = (key: string) => rows.every((row) => row[key] === undefined || typeof row[key] === "number");
  const cells = (row: Section["rows"][number]) =>
    columns.map(
      (column) => markup`<td class="${isNumber(column.key) ? "number" : ""}">${cellText(row[column.key], column)}</td>`,
    );
  const table =
    rows.length === 0
      ? undefined
      : markup`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table><thead><tr>${columns.map(
          (column) => markup`<th scope="col">${column.title}</th>`,
        )}</tr></thead><tbody>${rows.map((row) => markup`<tr>${cells(row)}</tr>`)}</tbody></table></div>`;
  const more = section.more === 0 ? undefined : markup`<p>${moreText(section)}</p>`;
  const missing =
    unasked.length === 0
      ? undefined
      : markup`<ul class="missing">${unasked.map((what) => markup`<li>Not known: ${what}</li>`)}</ul>`;
  return markup`<section id="${id}"><h2>${title}<span class="state ${state}">${STATES[state]}</span></h2><p>${summary}</p>${table}${more}${missing}</section>`;
}
