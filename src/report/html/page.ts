import { countDifferences } from "../differences.ts";
import { countOf } from "../../util/plural.ts";
import { uncheckedLists } from "../unchecked-secrets.ts";
import { createHash } from "node:crypto";
import type { Kinds } from "../../engine/resource.ts";
import { countChanges } from "../../engine/plan-summary.ts";
import type { Plan } from "../../engine/change.ts";
import type { HtmlPage } from "../../engine/view.ts";
import { unseenLines, withTitle } from "../text.ts";
import type { Review } from "../review.ts";
import type { PlacedFinding } from "../../lint/places.ts";
import { shownFindings } from "../lint.ts";
import { risksOf } from "../risks.ts";
import { actionText, type Card } from "./card.ts";
import { markup, trusted, type Markup } from "../../util/markup.ts";
import { SCRIPT } from "./script.ts";
import { STATUS_OF_ACTION } from "./status.ts";
import { STYLE } from "./style.ts";

/** The whole page. Its policy allows only embedded images and the page's own script. */
export function pageMarkup(
  { plan, target, pictures, findings = [] }: Pick<Review, "plan" | "target" | "pictures" | "findings">,
  kinds: Kinds,
  cards: readonly (readonly [Card, Markup])[],
  pages: readonly HtmlPage[],
): Markup {
  const style = [STYLE, ...pages.map((page) => page.style?.() ?? "")].join("");
  const images = pictures ? "img-src data:; " : "";
  const policy = `default-src 'none'; ${images}style-src '${hashOf(style)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const { add, change, destroy, left } = countChanges(plan);
  const figures = `${add} to add, ${change} to change, ${destroy} to destroy`;
  return markup`<html lang="en" data-side="both"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><title>${plan.project}: ${figures}</title><style>${trusted(
    style,
  )}</style></head><body class="${cards.length > MANY ? "many" : ""}">${pages.map(({ shapes }) => shapes)}<a class="skip" href="#changes">To the changes</a>${barMarkup(plan)}<main><h1>${figures}<small>${
    left > 0 ? `${left} not applied. ` : ""
  }${plan.unchanged} unchanged.</small></h1><p class="target">${target}</p><div class="top">${risksMarkup(plan, kinds, cards)}${findingsMarkup(findings, cards)}${overviewMarkup(cards)}</div><div id="changes">${sectionsMarkup(
    kinds,
    cards,
  )}</div>${tailMarkup(plan)}</main>${DRAWER}<script>${trusted(SCRIPT)}</script></body></html>`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function barMarkup({ project }: Plan): Markup {
  const choice = (value: string, text: string) =>
    markup`<label><input type="radio" name="side" value="${value}"${value === "both" ? markup` checked` : undefined}><span>${text}</span></label>`;
  return markup`<nav class="bar" aria-label="View"><strong>${project}</strong><fieldset class="switch"><legend>Shown side</legend>${choice(
    "before",
    "Before",
  )}${choice("both", "Both")}${choice("after", "After")}</fieldset><p class="legend" aria-label="Legend"><span class="added">added</span><span class="changed">changed</span><span class="removed">removed</span><span class="moved">moved</span><span class="same">unchanged</span></p><button type="button" class="theme" hidden>Theme</button></nav>`;
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
): Markup | undefined {
  if (findings.length === 0) return undefined;
  const ids = new Map(cards.map(([{ id, change }]) => [`${change.kind}/${change.id}`, id]));
  const { shown, more } = shownFindings(findings, MAX_FINDINGS);
  const items = shown.map(
    ({ severity, address, place, text, part }) =>
      markup`<li class="${severity === "error" ? "loss" : "change"}"><a href="#${ids.get(address) ?? "changes"}">${address}</a> ${text} <small>${place}</small>${
        part === undefined ? undefined : markup` <code>${part}</code>`
      }</li>`,
  );
  const rest = more > 0 ? markup`<li>and ${more} more</li>` : undefined;
  return markup`<section class="risks" aria-labelledby="lint"><h2 id="lint">Lint</h2><ul>${items}${rest}</ul></section>`;
}

/** The number of cards above which browsers lay out only the visible part of the page. */
const MANY = 30;
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

function sectionsMarkup(kinds: Kinds, cards: readonly (readonly [Card, Markup])[]): Markup[] {
  const sectionOf = ({ change }: Card) => kinds.get(change.kind)?.view?.section ?? OTHERS;
  const inOrder = cards.toSorted(([a], [b]) => sectionOf(a).rank - sectionOf(b).rank || 0);
  return [...Map.groupBy(inOrder, ([card]) => sectionOf(card).title)].map(
    ([title, own]) => markup`<section><h2>${title}</h2>${own.map(([, card]) => card)}</section>`,
  );
}

function tailMarkup({ orphans, orphanTitles = {}, unseen, uncheckedSecrets, notes }: Plan): Markup[] {
  const list = (title: string, names: readonly string[]) =>
    names.length > 0
      ? [
          markup`<section class="tail"><h2>${title}</h2><ul>${names.map((name) => markup`<li>${name}</li>`)}</ul></section>`,
        ]
      : [];
  return [
    ...list(
      "No longer in the code, deleted only with --prune",
      orphans.map((name) => withTitle(name, orphanTitles[name])),
    ),
    ...list(
      "Not compared, because the credentials can't read them",
      unseenLines(unseen, (_style, text) => text)
        .slice(1)
        .map((line) => line.replace(/^ *\? /, "")),
    ),
    ...uncheckedLists(uncheckedSecrets).flatMap(({ title, names }) => list(title, names)),
    ...list("Notes", notes),
  ];
}

const DRAWER = markup`<dialog id="drawer" aria-labelledby="drawer-title"><header><h2 id="drawer-title" tabindex="-1"></h2><button type="button" class="close" aria-label="Close">×</button></header><div class="body"></div><footer><kbd>j</kbd> <kbd>k</kbd> next or previous change · <kbd>b</kbd> <kbd>a</kbd> <kbd>s</kbd> before, after, both · <kbd>Esc</kbd> closes</footer></dialog>`;
