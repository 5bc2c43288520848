import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { pixelsOf, type Pixels } from "./png.ts";

/** A part of a picture, in pixels. */
interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The parts of a panel that must be painted. */
interface Areas {
  readonly title?: Area;
  /** The content, and the charts in it. */
  readonly painted: readonly Area[];
}

/** What is wrong with a picture. */
type Defect = "blank" | "tiled";

/** Milliseconds between two shots that must be equal. */
const PAUSE = 250;

/**
 * Takes screenshots until two in a row are equal and show the panel. Chromium may paint a page long after its scripts are idle,
 * and may show a tile of the page several times. Returns the reason if the panel is not painted at `end`.
 */
export async function shootPainted(page: Page, end: number): Promise<Buffer | string> {
  let last: Buffer | undefined;
  for (;;) {
    const shot = await page.screenshot({ animations: "disabled" });
    const isStill = last?.equals(shot) ?? false;
    const defect = isStill ? defectOf(pixelsOf(shot), await areasOf(page)) : undefined;
    if (isStill && defect === undefined) return shot;
    if (performance.now() > end) return isStill ? `the panel was still ${defect}` : "the panel was still changing";
    last = shot;
    await sleep(PAUSE);
  }
}

/** The place of the title, the content and the charts. Charts are drawn on a canvas. */
async function areasOf(page: Page): Promise<Areas> {
  return await page.evaluate<Areas>(`(() => {
    const area = (one) => {
      const { left, top, right, bottom } = one.getBoundingClientRect();
      const [x, y] = [Math.max(0, Math.ceil(left)), Math.max(0, Math.ceil(top))];
      return { x, y, width: Math.floor(Math.min(right, innerWidth)) - x, height: Math.floor(Math.min(bottom, innerHeight)) - y };
    };
    const content = document.querySelector('[data-testid="data-testid panel content"]');
    const title = document.querySelector('[data-testid="data-testid header-container"] h2');
    const painted = content ? [content, ...content.querySelectorAll("canvas")].map(area) : [];
    return { ...(title ? { title: area(title) } : {}), painted };
  })()`);
}

/** Smaller areas have no content. */
const SMALLEST = 16;
/** The width of a panel's border with its rounded corners. */
const BORDER = 7;

function defectOf(pixels: Pixels, { title, painted }: Areas): Defect | undefined {
  const large = painted.filter(({ width, height }) => width >= SMALLEST && height >= SMALLEST);
  if (large.some((area) => isUniform(pixels, withoutBorder(area)))) return "blank";
  return title && isRepeated(pixels, title) ? "tiled" : undefined;
}

function withoutBorder({ x, y, width, height }: Area): Area {
  return { x: x + BORDER, y: y + BORDER, width: width - 2 * BORDER, height: height - 2 * BORDER };
}

function isUniform({ width, colors }: Pixels, area: Area): boolean {
  const first = colors[area.y * width + area.x];
  for (let y = area.y; y < area.y + area.height; y++) {
    const row = colors.subarray(y * width + area.x, y * width + area.x + area.width);
    if (row.some((color) => color !== first)) return false;
  }
  return true;
}

/** Whether the picture contains an area a second time. */
function isRepeated(pixels: Pixels, area: Area): boolean {
  if (area.width < SMALLEST || area.height <= 0 || isUniform(pixels, area)) return false;
  const { width, height, colors } = pixels;
  const rows = Array.from({ length: area.height }, (_, y) => (area.y + y) * width + area.x);
  const isRowSame = (row: number, by: number) => {
    for (let at = row; at < row + area.width; at++) if (colors[at] !== colors[at + by]) return false;
    return true;
  };
  // The middle row differs most.
  const middle = rows[area.height >> 1] ?? 0;
  const isSame = (by: number) => isRowSame(middle, by) && rows.every((row) => isRowSame(row, by));
  for (let y = 0; y + area.height <= height; y++) {
    for (let x = 0; x + area.width <= width; x++) {
      const by = (y - area.y) * width + x - area.x;
      if (by !== 0 && isSame(by)) return true;
    }
  }
  return false;
}
