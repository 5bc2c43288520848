import type { Json, JsonObject } from "../util/json.ts";
import type { Markup } from "../util/markup.ts";
import type { Difference } from "./difference.ts";

// What reports show of a kind, beyond what they show of every kind. The parts that only a page needs are loaded with it.

/** Both sides of a change, in canonical form. */
export interface Sides {
  /** Absent: it is created. */
  readonly before?: JsonObject;
  /** Absent: it is deleted. */
  readonly after?: JsonObject;
}

/** A part of an object on both sides, as data URLs of a PNG. */
export interface Picture {
  readonly before?: string;
  readonly after?: string;
}

/** A risk of a change: a sentence without the object's name. `lost`: something goes that does not come back by itself. */
export interface KindRisk {
  readonly text: string;
  readonly lost?: boolean;
}

export interface RisksFacet {
  /** What a deletion means. Default: it is deleted. */
  readonly deletion?: string;
  /** What any difference changes. */
  readonly update?: string;
  /** `added`: paths that the plan adds somewhere, as another object does a part that moves there. */
  ofDifference?(difference: Difference, added: ReadonlySet<string>): KindRisk | undefined;
}

/** One change of a page. */
export interface ShownChange {
  readonly title: string;
  readonly differences: readonly Difference[];
  readonly sides: Sides;
  /** By the part's key. */
  readonly pictures?: ReadonlyMap<string, Picture>;
}

/** The changes of one kind on one page. */
export interface HtmlPage {
  draw(change: ShownChange): { readonly about?: string; readonly content: Markup };
  /** Rules for the page's style sheet, of what was drawn. */
  style?(): string;
  /** Shapes that drawings refer to. */
  readonly shapes?: Markup;
}

interface HtmlView {
  /** Starts a page with these changes, of which drawings may tell what moved from one to another. */
  page(changes: readonly ShownChange[]): HtmlPage;
}

/** One picture to take. */
export interface Shot {
  readonly side: keyof Sides;
  /** By which both sides of a part are told to be one. */
  readonly key: string;
  /** As that side has it. */
  readonly panelId: string;
  readonly title: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

export interface TimeRange {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Objects whose panels Grafana draws: pictures are taken of copies of them, which are dashboards. */
export interface ScreenshotsView {
  /** What there is to be seen of a change: parts that are added, changed and removed, in their order. */
  shotsOf(change: Pick<ShownChange, "differences" | "sides">): Shot[];
  /** The dashboard to take pictures of. */
  copyOf(form: JsonObject): JsonObject;
  /** The time range of both sides. */
  timeRangeOf(sides: Sides, now: number): TimeRange;
}

export interface ViewFacet {
  /** The section of a page; sections and the kinds in them are ordered by rank. Default: the last section. */
  readonly section?: { readonly title: string; readonly rank: number };
  readonly risks?: RisksFacet;
  /** What a new object is, in some words. */
  facts?(form: JsonObject): string;
  /** The text of an object that is nothing but text. Default: JSON. */
  text?(form: JsonObject): Json | undefined;
  html?(): Promise<HtmlView>;
  screenshots?(): Promise<ScreenshotsView>;
}
