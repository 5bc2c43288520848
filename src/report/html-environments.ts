import { createHash } from "node:crypto";
import type { Change, Plan } from "../engine/change.ts";
import { differencesOf } from "../engine/live.ts";
import { address } from "../engine/model.ts";
import { countChanges } from "../engine/plan-summary.ts";
import type { Kinds } from "../engine/resource.ts";
import { countOf } from "../util/plural.ts";
import { htmlOf, markup, type Markup } from "../util/markup.ts";
import { environmentNames, environmentRows, type Group } from "./environment-rows.ts";
import { actionText, cardMarkup, type Card } from "./html/card.ts";
import { differenceList } from "./html/differences.ts";
import { documentMarkup } from "./html/document.ts";
import { columnsMarkup, groupId, groupMarkup, matrixMarkup, type Column } from "./html/matrix.ts";
import { MANY, sectionsMarkup, tailLists, tailsMarkup, type EnvironmentLine } from "./html/page.ts";
import { drawingOf, type Drawing } from "./html/shown.ts";
import { STATUS_OF_ACTION } from "./html/status.ts";
import type { Review } from "./review.ts";
import { risksOf, type Risk } from "./risks.ts";

/** The plan for one of several environments, or why there is none. */
export type EnvironmentReview =
  { readonly name: string; readonly review: Review } | { readonly name: string; readonly problem: string };

interface Item {
  readonly name: string;
  readonly change: Change;
  readonly review: Review;
}

/**
 * Renders the plans of several environments as one page: risks, a matrix of resources and environments, and each change. What is
 * the same in several environments is shown once.
 */
export async function reviewsHtml(all: readonly EnvironmentReview[], kinds: Kinds): Promise<string> {
  const known = all.flatMap((one) => ("review" in one ? [one] : []));
  const rows = environmentRows(
    all.map((one) => ("review" in one ? { name: one.name, items: itemsOf(one) } : { name: one.name })),
    ({ change }) => address(change),
    contentOf,
  );
  const drawings = new Map<string, Drawing>();
  const cards: (readonly [Card, Markup])[] = [];
  const ids = new Map<string, string>();
  for (const [row, { groups }] of rows.entries())
    for (const [index, group] of groups.entries()) {
      const { name, change, review } = group.item;
      const id = groupId(row, index);
      for (const environment of group.environments) ids.set(placeOf(environment, address(change)), id);
      const drawn = index === 0 ? undefined : comparedMarkup(group, groups[0], groupId(row, 0), kinds);
      let drawing = drawings.get(name);
      if (!drawn && !drawing) drawings.set(name, (drawing = await drawingOf(review, kinds)));
      const content = drawn ? { content: drawn } : (drawing?.contentOf(change) ?? { content: undefined });
      const card: Card = { id, change, environments: groupMarkup(group, known.length), ...content };
      cards.push([card, cardMarkup(card)]);
    }
  const pages = [...drawings.values()].flatMap((drawing) => drawing.pages);
  const plans = known.map(({ review }) => review.plan);
  const figures = figuresOf(plans);
  const columns = all.map(columnOf);
  const none = all.length === known.length ? "No differences." : "No changes found, but see each environment.";
  const page = documentMarkup({
    title: `${plans[0]?.project ?? ""}: ${figures}`,
    project: plans[0]?.project ?? "",
    styles: [...new Set(pages.map((one) => one.style?.() ?? ""))],
    shapes: uniqueMarkup(pages.flatMap(({ shapes }) => shapes ?? [])),
    isLong: cards.length > MANY,
    main: markup`<h1>${figures}<small>in ${countOf(all.length, "environment")}</small></h1>${columnsMarkup(columns)}<div class="top">${risksMarkup(
      known,
      kinds,
      ids,
    )}</div>${
      matrixMarkup(columns, rows, ({ change }) => ({
        text: actionText(change),
        status: change.left ? "left" : STATUS_OF_ACTION[change.action],
      })) ?? markup`<p>${none}</p>`
    }<div id="changes">${sectionsMarkup(kinds, cards)}</div>${tailsMarkup(known.flatMap(linesOf), known.length)}`,
  });
  return `<!doctype html>\n${htmlOf(page)}\n`;
}

function itemsOf({ name, review }: { readonly name: string; readonly review: Review }): Item[] {
  return review.plan.changes.map((change) => ({ name, change, review }));
}

/** Identifies everything that a page shows of a change. */
function contentOf({ change, review }: Item): string {
  const { needs: _needs, source: _source, ...shown } = change;
  const text = JSON.stringify([shown, review.sides.get(address(change))]);
  return createHash("sha256").update(text).digest("base64");
}

function placeOf(environment: string, name: string): string {
  return `${environment}\n${name}`;
}

function figuresOf(plans: readonly Plan[]): string {
  const counts = plans.map(countChanges);
  const sum = (figure: "add" | "change" | "destroy" | "left") => counts.reduce((all, one) => all + one[figure], 0);
  const left = sum("left") > 0 ? `, ${sum("left")} not applied` : "";
  return `${sum("add")} to add, ${sum("change")} to change, ${sum("destroy")} to destroy${left}`;
}

function columnOf(one: EnvironmentReview): Column {
  const { name } = one;
  if (!("review" in one)) return { name, summary: "", problem: one.problem };
  const { plan, target } = one.review;
  return { name, description: target, summary: `${figuresOf([plan])}, ${plan.unchanged} unchanged` };
}

/** How a change differs from the first one of the same resource. Undefined if one of the objects is deleted. */
function comparedMarkup(
  { item, letter, environments }: Group<Item>,
  first: Group<Item>,
  firstId: string,
  kinds: Kinds,
): Markup | undefined {
  const name = address(item.change);
  const kind = kinds.get(item.change.kind);
  const [from, to] = [first.item.review.sides.get(name)?.after, item.review.sides.get(name)?.after];
  if (!kind || !from || !to) return undefined;
  const differences = differencesOf(kind, from, to);
  const link = markup`<a href="#${firstId}">${first.letter ?? ""}</a> (${first.environments.join(", ")})`;
  const own = item.change.differences;
  const changes =
    own.length > 0
      ? markup`<details${differences.length === 0 ? markup` open` : undefined}><summary>What the apply changes</summary>${differenceList(own)}</details>`
      : undefined;
  return differences.length === 0
    ? markup`<p class="compared">After the apply, the same as ${link}.</p>${changes}`
    : markup`<p class="compared">After the apply, differs from ${link}. From ${first.letter ?? ""} to ${letter ?? environments.join(", ")}:</p>${differenceList(differences)}${changes}`;
}

function uniqueMarkup(all: readonly Markup[]): Markup[] {
  return [...new Map(all.map((one) => [htmlOf(one), one])).values()];
}

function risksMarkup(
  known: readonly { readonly name: string; readonly review: Review }[],
  kinds: Kinds,
  ids: ReadonlyMap<string, string>,
): Markup | undefined {
  const found = known.flatMap(({ name, review }) => risksOf(review.plan, kinds).map((risk) => ({ name, risk })));
  if (found.length === 0) return undefined;
  const textOf = ({ address: one, level, text }: Risk) => JSON.stringify([level === "loss" ? 0 : 1, one, text]);
  const groups = [...Map.groupBy(found, ({ risk }) => textOf(risk))].toSorted(
    ([a], [b]) => Number(a[1]) - Number(b[1]),
  );
  const items = groups.flatMap(([, same]) => {
    const [first] = same;
    if (!first) return [];
    const { address: one, level, text } = first.risk;
    const names = environmentNames(
      same.map(({ name }) => name),
      known.length,
    );
    return markup`<li class="${level}"><a href="#${ids.get(placeOf(first.name, one)) ?? "changes"}">${one}</a> ${text} <small>${names}</small></li>`;
  });
  return markup`<section class="risks" aria-labelledby="risks"><h2 id="risks">Review first</h2><ul>${items}</ul></section>`;
}

/** What the plans say besides their changes. */
function linesOf({ name, review }: { readonly name: string; readonly review: Review }): EnvironmentLine[] {
  return tailLists(review.plan).flatMap(({ title, names }) => names.map((line) => ({ name, title, line })));
}
