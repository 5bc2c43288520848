import { pixelsOf, type Pixels } from "../../src/review/screenshots/png.ts";

// What is wrong with a picture of a panel, found only in its pixels: the tool itself also knows the elements of the page.

/** The height of a panel's header. */
const HEADER = 40;
/** The place of the title in the header. */
const TITLE = { x: 12, y: 8, width: 60, height: 24 };

export function defectsOf(png: Buffer): string[] {
  const pixels = pixelsOf(png);
  return [...(isBlank(pixels) ? ["blank"] : []), ...(isTiled(pixels) ? ["tiled"] : [])];
}

/** Whether the middle of the panel, above a legend, has only one color. */
function isBlank({ width, height, colors }: Pixels): boolean {
  const isHigh = height > 140;
  const [left, right] = isHigh ? [0.12 * width, 0.97 * width] : [8, width - 8];
  const bottom = isHigh ? 0.55 * height : height - 8;
  const found = new Set<number | undefined>();
  for (let y = HEADER; y < bottom; y++) for (let x = Math.floor(left); x < right; x++) found.add(colors[y * width + x]);
  return found.size <= 1;
}

/** Whether the start of the title is in the picture a second time. */
function isTiled({ width, height, colors }: Pixels): boolean {
  const at = (x: number, y: number) => colors[y * width + x];
  const row = TITLE.y + TITLE.height / 2;
  const isSame = (x: number, y: number) => {
    const isRowSame = (dy: number) => {
      for (let dx = 0; dx < TITLE.width; dx++) if (at(x + dx, y + dy) !== at(TITLE.x + dx, TITLE.y + dy)) return false;
      return true;
    };
    if (!isRowSame(row - TITLE.y)) return false;
    for (let dy = 0; dy < TITLE.height; dy++) if (!isRowSame(dy)) return false;
    return true;
  };
  const hasTitle = new Set(Array.from({ length: TITLE.width }, (_, dx) => at(TITLE.x + dx, row))).size > 1;
  if (!hasTitle) return false;
  for (let y = 0; y + TITLE.height <= height; y++)
    for (let x = 0; x + TITLE.width <= width; x++) if ((x !== TITLE.x || y !== TITLE.y) && isSame(x, y)) return true;
  return false;
}
