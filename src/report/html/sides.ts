import { markup, type Markup } from "../../util/markup.ts";

/** The same part before and after. The page can show either side or both. */
export function bothSides(before: Markup | undefined, after: Markup | undefined): Markup {
  const side = (name: "before" | "after", title: string, content: Markup) =>
    markup`<section class="side ${name}" aria-label="${title}"><h4>${title}</h4>${content}</section>`;
  const only = before && after ? "" : " only";
  return markup`<div class="sides${only}">${
    before
      ? side("before", "Before", before)
      : side("before", "Before", markup`<p class="none">Does not exist yet.</p>`)
  }${after ? side("after", "After", after) : side("after", "After", markup`<p class="none">Deleted.</p>`)}</div>`;
}
