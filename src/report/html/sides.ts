import { markup, type Markup } from "../../util/markup.ts";

/** The same thing before and after; the page's switch shows one of them or both. */
export function bothSides(before: Markup | undefined, after: Markup | undefined): Markup {
  const side = (name: "before" | "after", title: string, content: Markup) =>
    markup`<section class="side ${name}" aria-label="${title}"><h4>${title}</h4>${content}</section>`;
  const only = before && after ? "" : " only";
  return markup`<div class="sides${only}">${
    before
      ? side("before", "Before", before)
      : side("before", "Before", markup`<p class="none">It is not there yet.</p>`)
  }${after ? side("after", "After", after) : side("after", "After", markup`<p class="none">It is gone.</p>`)}</div>`;
}
