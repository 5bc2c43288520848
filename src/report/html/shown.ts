import type { Change } from "../../engine/change.ts";
import { address } from "../../engine/model.ts";
import type { Kinds } from "../../engine/resource.ts";
import type { HtmlPage, ShownChange, Sides } from "../../engine/view.ts";
import { masked } from "../../secrets/mask.ts";
import type { Review } from "../review.ts";
import type { Card } from "./card.ts";
import { resourceMarkup } from "./resource.ts";

/** Draws the changes of one plan. */
export interface Drawing {
  /** The pages of the kinds that have one. */
  readonly pages: readonly HtmlPage[];
  contentOf(change: Change): Pick<Card, "about" | "content">;
}

/** Loads the page renderers of the kinds in this plan that have one. */
export async function drawingOf(review: Review, kinds: Kinds): Promise<Drawing> {
  const shown = new Map(review.plan.changes.map((change) => [change, shownOf(change, review)]));
  const pages = await pagesOf(shown, kinds);
  return {
    pages: [...pages.values()],
    contentOf(change) {
      const own = shown.get(change);
      const page = pages.get(change.kind);
      if (own && page) return page.draw(own);
      return { content: resourceMarkup(change, sidesOf(change, review), kinds.get(change.kind)?.view) };
    },
  };
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
