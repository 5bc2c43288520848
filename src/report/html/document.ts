import { createHash } from "node:crypto";
import { markup, trusted, type Markup } from "../../util/markup.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

export interface Document {
  readonly title: string;
  readonly project: string;
  /** CSS rules for what the page contains. */
  readonly styles?: readonly string[];
  /** SVG shapes that the content refers to. */
  readonly shapes?: readonly Markup[];
  /** Whether it contains screenshots. */
  readonly hasImages?: boolean;
  /** Whether browsers lay out only the visible part. */
  readonly isLong?: boolean;
  /** Whether there are both sides to choose from. */
  readonly hasSides?: boolean;
  readonly main: Markup;
}

/** The whole page. Its policy allows only embedded images and the page's own script. */
export function documentMarkup(page: Document): Markup {
  const { title, project, styles = [], shapes = [], hasImages = false, isLong = false, hasSides = true, main } = page;
  const style = [STYLE, ...styles].join("");
  const images = hasImages ? "img-src data:; " : "";
  const policy = `default-src 'none'; ${images}style-src '${hashOf(style)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return markup`<html lang="en" data-side="both"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><title>${title}</title><style>${trusted(
    style,
  )}</style></head><body class="${isLong ? "many" : ""}">${shapes}<a class="skip" href="#changes">To the changes</a>${barMarkup(project, hasSides)}<main>${main}</main>${DRAWER}<script>${trusted(SCRIPT)}</script></body></html>`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function barMarkup(project: string, hasSides: boolean): Markup {
  const choice = (value: string, text: string) =>
    markup`<label><input type="radio" name="side" value="${value}"${value === "both" ? markup` checked` : undefined}><span>${text}</span></label>`;
  const sides = markup`<fieldset class="switch"><legend>Shown side</legend>${choice("before", "Before")}${choice(
    "both",
    "Both",
  )}${choice("after", "After")}</fieldset><p class="legend" aria-label="Legend"><span class="added">added</span><span class="changed">changed</span><span class="removed">removed</span><span class="moved">moved</span><span class="same">unchanged</span></p>`;
  return markup`<nav class="bar" aria-label="View"><strong>${project}</strong>${
    hasSides ? sides : markup`<span class="legend"></span>`
  }<button type="button" class="theme" hidden>Theme</button></nav>`;
}

const DRAWER = markup`<dialog id="drawer" aria-labelledby="drawer-title"><header><h2 id="drawer-title" tabindex="-1"></h2><button type="button" class="close" aria-label="Close">×</button></header><div class="body"></div><footer><kbd>j</kbd> <kbd>k</kbd> next or previous change · <kbd>b</kbd> <kbd>a</kbd> <kbd>s</kbd> before, after, both · <kbd>Esc</kbd> closes</footer></dialog>`;
