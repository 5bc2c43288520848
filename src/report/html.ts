import { address } from "../engine/model.ts";
import { intervalText, ruleGroupMarkup, ruleGroupsOf } from "./html/alert.ts";
import { cardMarkup, type Card } from "./html/card.ts";
import { dashboardMarkup } from "./html/dashboard.ts";
import { places } from "./html/layout.ts";
import { htmlOf } from "./html/markup.ts";
import { pageMarkup } from "./html/page.ts";
import { policyTreeMarkup } from "./html/policy-tree.ts";
import { resourceMarkup } from "./html/resource.ts";
import type { Review } from "./review.ts";

/**
 * A plan as one page for reviewers: risks, then each changed dashboard's grid before and after, alerts in words, the policy
 * tree. It asks for nothing, from anywhere, and needs no script to be read.
 */
export function reviewHtml(review: Review): string {
  const { plan, sides } = review;
  const places_ = places();
  const groups = ruleGroupsOf(
    plan.changes.flatMap((change) => {
      const own = change.kind === "rule-group" ? sides.get(address(change)) : undefined;
      return own ? [[change.title, own] as const] : [];
    }),
  );
  const cards = plan.changes.map((change, index): Card => {
    const own = sides.get(address(change)) ?? {};
    const card = { id: `c${index}`, change };
    // Of what could not be read there is no picture: its differences, if there are any.
    const form = own.after ?? own.before;
    if (!form) return { ...card, content: resourceMarkup(change, own) };
    switch (change.kind) {
      case "dashboard":
        return { ...card, content: dashboardMarkup(change, own, places_, review.pictures?.get(address(change))) };
      case "rule-group":
        return { ...card, about: intervalText(form), content: ruleGroupMarkup(change, own, groups) };
      case "notification-policy":
        return { ...card, content: policyTreeMarkup(change, own) };
      default:
        return { ...card, content: resourceMarkup(change, own) };
    }
  });
  return `<!doctype html>\n${htmlOf(
    pageMarkup(
      review,
      cards.map((card) => [card, cardMarkup(card)]),
      places_.style(),
    ),
  )}\n`;
}
