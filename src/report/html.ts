import type { Kinds } from "../engine/resource.ts";
import type { Change } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { HtmlPage, ShownChange, Sides } from "../engine/view.ts";
import { masked } from "../secrets/mask.ts";
import { htmlOf } from "../util/markup.ts";
import { cardMarkup, type Card } from "./html/card.ts";
import { pageMarkup } from "./html/page.ts";
import { resourceMarkup } from "./html/resource.ts";
import type { Review } from "./review.ts";

/**
 * Renders a plan as a single HTML page for reviewers: risks first, then each change before and after. The page loads
 * nothing, and is readable without scripts.
 */
export async function reviewHtml(review: Review, kinds: Kinds): Promise<string> {
  const shown = new Map(review.plan.changes.map((change) => [change, shownOf(change, review)]));
  const pages = await pagesOf(shown, kinds);
  const cards = review.plan.changes.map((change, index): Card => {
    const card = { id: `c${index}`, change };
    const own = shown.get(change);
    const page = pages.get(change.kind);
    if (own && page) return { ...card, ...page.draw(own) };
    return { ...card, content: resourceMarkup(change, sidesOf(change, review), kinds.get(change.kind)?.view) };
  });
  const parts = cards.map((card) => [card, cardMarkup(card)] as const);
  return `<!doctype html>\n${htmlOf(pageMarkup(review, kinds, parts, [...pages.values()]))}\n`;
}

function sidesOf(change: Change, { sides }: Review): Sides {
  const { before, after } = sides.get(address(change)) ?? {};
  return { ...(before ? { before: masked(before) } : {}), ...(after ? { after: masked(after) } : {}) };
}

/** Undefined for an object that could not be read. Its differences are listed instead. */
function shownOf(change: Change, review: Review): ShownChange | undefined {
  const { title, differences } = change;
  const sides = sidesOf(change, review);
  if (!sides.before && !sides.after) return undefined;
  const pictures = review.pictures?.get(address(change));
  return { title, differences, sides, ...(pictures ? { pictures } : {}) };
}

/** Loads the page renderers of the kinds in this plan that have one. */
async function pagesOf(
  shown: ReadonlyMap<Change, ShownChange | undefined>,
  kinds: Kinds,
): Promise<ReadonlyMap<string, HtmlPage>> {
  const pages = [...Map.groupBy(shown, ([{ kind }]) => kind)].map(async ([kind, changes]) => {
    const view = await kinds.get(kind)?.view?.html?.();
    return [kind, view?.page(changes.flatMap(([, change]) => change ?? []))] as const;
  });
  const all = await Promise.all(pages);
  return new Map(all.flatMap(([kind, page]) => (page ? [[kind, page]] : [])));
}
