import { isDrift, type Drift, type DriftState } from "../engine/drift.ts";
import type { Difference } from "../engine/difference.ts";
import { address } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import { countOf } from "../util/plural.ts";
import { htmlOf, markup, type Markup } from "../util/markup.ts";
import { savesText, STATES } from "./drift.ts";
import type { Group } from "./environment-rows.ts";
import { driftRows, problemOf, withoutDrift, type EnvironmentDrift } from "./environments-drift.ts";
import { differenceList } from "./html/differences.ts";
import { documentMarkup } from "./html/document.ts";
import { columnsMarkup, groupId, groupMarkup, matrixMarkup, type Column } from "./html/matrix.ts";
import { bySection, MANY, tailsMarkup, type EnvironmentLine } from "./html/page.ts";
import { unseenLines } from "./text.ts";

/** The CSS class of each state. */
const STATUS: Readonly<Record<DriftState, string>> = {
  changed: "changed",
  conflict: "removed",
  missing: "removed",
  "lost-mark": "moved",
  "possibly-changed": "changed",
  unknown: "left",
  foreign: "left",
  code: "same",
};

/** Renders what was changed in one or several Grafana instances as one page. What is the same in several is shown once. */
export function driftHtml(project: string, all: readonly EnvironmentDrift[], kinds: Kinds): string {
  const rows = driftRows(all);
  const known = all.filter((one) => !("error" in one)).length;
  const cards = rows.flatMap(({ groups }, row) =>
    groups.map((group, index) => ({
      kind: group.item.kind,
      card: cardMarkup(group, groupId(row, index), known, all.length),
    })),
  );
  const columns = all.map(columnOf);
  const title = rows.length === 0 ? withoutDrift(all) : `${countOf(rows.length, "resource")} changed in Grafana`;
  const sections = bySection(kinds, cards, ({ kind }) => kind).map(
    ([name, own]) => markup`<section><h2>${name}</h2>${own.map(({ card }) => card)}</section>`,
  );
  const page = documentMarkup({
    title: `${project}: ${title}`,
    project,
    hasSides: false,
    isLong: cards.length > MANY,
    main: markup`<h1>${title}</h1>${columnsMarkup(columns)}${matrixMarkup(columns, rows, ({ state }) => ({
      text: state,
      status: STATUS[state],
    }))}<div id="changes">${sections}</div>${tailsMarkup(all.flatMap(linesOf), known)}`,
  });
  return `<!doctype html>\n${htmlOf(page)}\n`;
}

function columnOf(one: EnvironmentDrift): Column {
  const { name } = one;
  if ("error" in one) return { name, summary: "", problem: problemOf(one.error) };
  const { drift, unchanged } = one.report;
  const count = drift.filter(isDrift).length;
  return { name, description: one.description, summary: `${count} changed, ${unchanged} unchanged` };
}

function cardMarkup(group: Group<Drift>, id: string, known: number, total: number): Markup {
  const { title, state, source, hint, note, inGrafana, inCode, conflicts, differences } = group.item;
  const facts = [address(group.item), source?.file ?? "", note ?? ""].filter(Boolean).join(" · ");
  const lists =
    state === "conflict" && inGrafana && inCode
      ? markup`${listMarkup("In Grafana", inGrafana)}${listMarkup("In the code", inCode)}${
          conflicts.length > 0 ? markup`<p class="note">Both changed: ${conflicts.join(", ")}</p>` : undefined
        }`
      : state === "changed" || state === "lost-mark"
        ? listMarkup("In Grafana", inGrafana ?? [])
        : listMarkup("From Grafana to the code", differences);
  return markup`<article class="card ${STATUS[state]}" id="${id}"><header><h3><span class="sign"></span>${title} <span class="action">${STATES[state].text}</span></h3>${
    total > 1 ? groupMarkup(group, known) : undefined
  }<p>${facts}</p>${savesMarkup(group)}${hint === undefined ? undefined : markup`<p class="note"><small>${hint}</small></p>`}</header>${lists}</article>`;
}

/** Who changed it, in each environment. */
function savesMarkup({ items, environments }: Group<Drift>): Markup[] {
  return items.flatMap(({ saves, appliedBy }, index) => {
    const last = savesText(saves).replace(/^, /, "");
    const text = [last, appliedBy === undefined ? "" : `last applied by ${appliedBy}`].filter(Boolean).join(" · ");
    return text === "" ? [] : [markup`<p>${environments.length > 1 ? `${environments[index]}: ` : ""}${text}</p>`];
  });
}

function listMarkup(title: string, differences: readonly Difference[]): Markup | undefined {
  return differences.length === 0 ? undefined : markup`<h4>${title}</h4>${differenceList(differences)}`;
}

/** What a report says besides the changes. */
function linesOf(one: EnvironmentDrift): EnvironmentLine[] {
  if ("error" in one) return [];
  const { drift, unseen, notes } = one.report;
  const lines = (title: string, texts: readonly string[]) => texts.map((line) => ({ name: one.name, title, line }));
  const named = (states: readonly DriftState[]) =>
    drift
      .filter(({ state }) => states.includes(state))
      .map((each) => [address(each), each.note ?? ""].filter(Boolean).join(": "));
  const unread = unseenLines(unseen, (_style, text) => text).slice(1);
  return [
    ...lines("Differs, and is not known to be drift", named(["unknown", "foreign"])),
    ...lines("Changed only in the code, which is not drift", named(["code"])),
    ...lines(
      "Not compared, because the credentials can't read them",
      unread.map((line) => line.replace(/^ *\? /, "")),
    ),
    ...lines("Notes", notes),
  ];
}
