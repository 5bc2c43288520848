import type { Review } from "./review.ts";
import { planMarkdown } from "./markdown.ts";

/** One self-contained page. */
export function reviewHtml({ plan, target }: Review): string {
  const text = planMarkdown(plan, { target }).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html>\n<meta charset="utf-8">\n<title>Review</title>\n<pre>${text}</pre>\n`;
}
