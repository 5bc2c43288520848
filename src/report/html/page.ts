import { countDifferences } from "../differences.ts";
import { countOf } from "../../util/plural.ts";
import { uncheckedLists } from "../unchecked-secrets.ts";
import type { Kinds } from "../../engine/resource.ts";
import { countChanges } from "../../engine/plan-summary.ts";
import type { Plan } from "../../engine/change.ts";
import type { HtmlPage } from "../../engine/view.ts";
import { environmentNames } from "../environment-rows.ts";
import { unseenLines, withTitle } from "../text.ts";
import type { Review } from "../review.ts";
import type { PlacedFinding } from "../../lint/places.ts";
import { shownFindings } from "../lint.ts";
import { risksOf } from "../risks.ts";
import { actionText, type Card } from "./card.ts";
import { documentMarkup } from "./document.ts";
import type { RuleFirings } from "../../testing/changed-firings.ts";
import { markup, type Markup } from "../../util/markup.ts";
import { STATUS_OF_ACTION } from "./status.ts";

/** The page of one plan. */
export function pageMarkup(
  {
    plan,
    target,
    pictures,
    findings = [],
    queries = [],
    firings = [],
  }: Pick<Review, "plan" | "target" | "pictures" | "findings" | "queries" | "firings">,
  kinds: Kinds,
  cards: readonly (readonly [Card, Markup])[],
  pages: readonly HtmlPage[],
): Markup {
  const { add, change, destroy, left } = countChanges(plan);
  const figures = `${add} to add, ${change} to change, ${destroy} to destroy`;
  return documentMarkup({
    title: `${plan.project}: ${figures}`,
    project: plan.project,
    styles: pages.map((page) => page.style?.() ?? ""),
    shapes: pages.flatMap(({ shapes }) => shapes ?? []),
    hasImages: pictures !== undefined,
    isLong: cards.length > MANY,
    main: markup`<h1>${figures}<small>${
      left > 0 ? `${left} not applied. ` : ""
    }${plan.unchanged} unchanged.</small></h1><p class="target">${target}</p><div class="top">${risksMarkup(plan, kinds, cards)}${findingsMarkup(findings, cards, { id: "lint", title: "Lint" })}${findingsMarkup(queries, cards, { id: "queries", title: "Queries" })}${firingsMarkup(firings, cards)}${overviewMarkup(cards)}</div><div id="changes">${sectionsMarkup(
      kinds,
      cards,
    )}</div>${tailLists(plan).map(tailMarkup)}`,
  });
}

function risksMarkup(plan: Plan, kinds: Kinds, cards: readonly (readonly [Card, Markup])[]): Markup | undefined {
  const risks = risksOf(plan, kinds);
  if (risks.length === 0) return undefined;
  const ids = new Map(cards.map(([{ id, change }]) => [`${change.kind}/${change.id}`, id]));
  const items = risks.map(
    ({ address, level, text }) =>
      markup`<li class="${level}"><a href="#${ids.get(address)}">${address}</a> ${text}</li>`,
  );
  return markup`<section class="risks" aria-labelledby="risks"><h2 id="risks">Review first</h2><ul>${items}</ul></section>`;
}

/** The maximum number of findings of `lint`. */
const MAX_FINDINGS = 50;

function findingsMarkup(
  findings: readonly PlacedFinding[],
  cards: readonly (readonly [Card, Markup])[],
  { id, title }: { readonly id: string; readonly title: string },
): Markup | undefined {
  if (findings.length === 0) return undefined;
  const link = linkTo(cards);
  const { shown, more } = shownFindings(findings, MAX_FINDINGS);
  const items = shown.map(
    ({ severity, address, place, text, part }) =>
      markup`<li class="${severity === "error" ? "loss" : "change"}">${link(address)} ${text} <small>${place}</small>${
        part === undefined ? undefined : markup` <code>${part}</code>`
      }</li>`,
  );
  return listMarkup({ id, title }, items, more);
}

function listMarkup(
  { id, title }: { readonly id: string; readonly title: string },
  items: readonly Markup[],
  more: number,
): Markup {
  const rest = more > 0 ? markup`<li>and ${more} more</li>` : undefined;
  return markup`<section class="risks" aria-labelledby="${id}"><h2 id="${id}">${title}</h2><ul>${items}${rest}</ul></section>`;
}

/** A link to the card of a change, or to all changes. */
function linkTo(cards: readonly (readonly [Card, Markup])[]): (address: string) => Markup {
  const ids = new Map(cards.map(([{ id, change }]) => [`${change.kind}/${change.id}`, id]));
  return (address) => markup`<a href="#${ids.get(address) ?? "changes"}">${address}</a>`;
}

function firingsMarkup(
  firings: readonly RuleFirings[],
  cards: readonly (readonly [Card, Markup])[],
): Markup | undefined {
  if (firings.length === 0) return undefined;
  const link = linkTo(cards);
  const items = firings
    .slice(0, MAX_FINDINGS)
    .map(
      ({ address, title, text }) => markup`<li class="change">${link(address)} ${title} <small>${text}</small></li>`,
    );
  return listMarkup({ id: "firing", title: "Firing" }, items, firings.length - items.length);
}

/** The number of cards above which browsers lay out only the visible part of the page. */
export const MANY = 30;
/** The maximum number of changes in an open overview. */
const FEW = 12;

function overviewMarkup(cards: readonly (readonly [Card, Markup])[]): Markup {
  if (cards.length === 0) return markup`<p>No differences.</p>`;
  const items = cards.map(([{ id, change }]) => {
    const count = countDifferences(change.differences);
    const about = count > 0 ? countOf(count, "difference") : actionText(change);
    return markup`<li class="${change.left ? "left" : STATUS_OF_ACTION[change.action]}"><span class="sign"></span><a href="#${id}">${change.title}</a> <small>${change.kind} · ${about}</small></li>`;
  });
  return markup`<details class="overview"${cards.length <= FEW ? markup` open` : undefined}><summary>${cards.length} ${
    cards.length === 1 ? "change" : "changes"
  }</summary><ul>${items}</ul></details>`;
}

/** The section of kinds that declare none. */
const OTHERS = { title: "Other", rank: Infinity };

/** Cards in the sections of their kinds. */
export function sectionsMarkup(kinds: Kinds, cards: readonly (readonly [Card, Markup])[]): Markup[] {
  return bySection(kinds, cards, ([{ change }]) => change.kind).map(
    ([title, own]) => markup`<section><h2>${title}</h2>${own.map(([, card]) => card)}</section>`,
  );
}

/** Items by the title of the section of their kind, in the order of the sections. */
export function bySection<Item>(kinds: Kinds, all: readonly Item[], kindOf: (item: Item) => string) {
  const sectionOf = (item: Item) => kinds.get(kindOf(item))?.view?.section ?? OTHERS;
  const inOrder = all.toSorted((a, b) => sectionOf(a).rank - sectionOf(b).rank || 0);
  return [...Map.groupBy(inOrder, (item) => sectionOf(item).title)];
}

/** A list after the changes. */
export interface TailList {
  readonly title: string;
  readonly names: readonly string[];
}

/** What a plan says besides its changes: lists that are not empty. */
export function tailLists({ orphans, orphanTitles = {}, unseen, uncheckedSecrets, notes }: Plan): TailList[] {
  const unread = unseenLines(unseen, (_style, text) => text)
    .slice(1)
    .map((line) => line.replace(/^ *\? /, ""));
  const lists = [
    {
      title: "No longer in the code, deleted only with --prune",
      names: orphans.map((name) => withTitle(name, orphanTitles[name])),
    },
    { title: "Not compared, because the credentials can't read them", names: unread },
    ...uncheckedLists(uncheckedSecrets),
    { title: "Notes", names: notes },
  ];
  return lists.filter(({ names }) => names.length > 0);
}

/** A line of one of several environments. */
export interface EnvironmentLine {
  readonly name: string;
  readonly title: string;
  readonly line: string;
}

/** The lists of several environments, each line once with the names. `known`: the number of environments that could be read. */
export function tailsMarkup(lines: readonly EnvironmentLine[], known: number): Markup[] {
  const whereOf = (same: readonly EnvironmentLine[]) =>
    environmentNames(
      same.map(({ name }) => name),
      known,
    );
  return [...Map.groupBy(lines, ({ title }) => title)].map(([title, own]) =>
    tailMarkup({
      title,
      names: [...Map.groupBy(own, ({ line }) => line)].map(([line, same]) => `${line} (${whereOf(same)})`),
    }),
  );
}

function tailMarkup({ title, names }: TailList): Markup {
  return markup`<section class="tail"><h2>${title}</h2><ul>${names.map((name) => markup`<li>${name}</li>`)}</ul></section>`;
}
