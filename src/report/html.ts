import type { Kinds } from "../engine/resource.ts";
import { htmlOf } from "../util/markup.ts";
import { cardMarkup, type Card } from "./html/card.ts";
import { pageMarkup } from "./html/page.ts";
import { drawingOf } from "./html/shown.ts";
import type { Review } from "./review.ts";

/**
 * Renders a plan as a single HTML page for reviewers: risks first, then each change before and after. The page loads
 * nothing, and is readable without scripts.
 */
export async function reviewHtml(review: Review, kinds: Kinds): Promise<string> {
  const drawing = await drawingOf(review, kinds);
  const cards = review.plan.changes.map((change, index): Card => ({
    id: `c${index}`,
    change,
    ...drawing.contentOf(change),
  }));
  const parts = cards.map((card) => [card, cardMarkup(card)] as const);
  return `<!doctype html>\n${htmlOf(pageMarkup(review, kinds, parts, drawing.pages))}\n`;
}
