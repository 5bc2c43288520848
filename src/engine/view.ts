import type { Json, JsonObject } from "../util/json.ts";
import type { Markup } from "../util/markup.ts";
import type { Difference } from "./difference.ts";

// The view of a kind in reports. The parts that only HTML pages need are loaded on demand.

/** Both sides of a change in canonical form. */
export interface Sides {
  /** Absent if it is created. */
  readonly before?: JsonObject;
  /** Absent if it is deleted. */
  readonly after?: JsonObject;
}

/** Both sides of a part of an object, as data URLs of PNGs. */
export interface Picture {
  readonly before?: string;
  readonly after?: string;
}

/** A risk of a change: a sentence without the object's name. `lost`: data is lost for good. */
export interface KindRisk {
  readonly text: string;
  readonly lost?: boolean;
}

export interface RisksFacet {
  /** The risk of a deletion, also by the object's id. Default: it is deleted. */
  readonly deletion?: string | ((id: string) => string);
  /** The risk of any difference. */
  readonly update?: string;
  /** `added`: paths that the plan adds elsewhere, such as a part that moves to another object. */
  ofDifference?(difference: Difference, added: ReadonlySet<string>): KindRisk | undefined;
}

/** A change on a page. */
export interface ShownChange {
  readonly title: string;
  readonly differences: readonly Difference[];
  readonly sides: Sides;
  /** By the key of the part. */
  readonly pictures?: ReadonlyMap<string, Picture>;
}

/** The changes of one kind on a page. */
export interface HtmlPage {
  draw(change: ShownChange): { readonly about?: string; readonly content: Markup };
  /** CSS rules for what was drawn. */
  style?(): string;
  /** SVG shapes that the drawings refer to. */
  readonly shapes?: Markup;
}

interface HtmlView {
  /** Starts a page with these changes, so that drawings can show what moved between them. */
  page(changes: readonly ShownChange[]): HtmlPage;
}

/** A screenshot to take. */
export interface Shot {
  readonly side: keyof Sides;
  /** Identifies the part on both sides. */
  readonly key: string;
  /** The id on that side. */
  readonly panelId: string;
  readonly title: string;
  /** Size in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface TimeRange {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Objects with panels that Grafana can render. Screenshots are taken of copies, which are dashboards. */
export interface ScreenshotsView {
  /** The screenshots of a change: parts that are added, changed or removed, in order. */
  shotsOf(change: Pick<ShownChange, "differences" | "sides">): Shot[];
  /** The dashboard to copy for screenshots. */
  copyOf(form: JsonObject): JsonObject;
  /** The time range of both sides. */
  timeRangeOf(sides: Sides, now: number): TimeRange;
}

export interface ViewFacet {
  /** The section of a page. Sections and the kinds in them are sorted by rank. Default: the last section. */
  readonly section?: { readonly title: string; readonly rank: number };
  readonly risks?: RisksFacet;
  /**
   * Describes a new object in lines, with the summary first. `form`: may contain credentials. Credentials that only their place
   * reveals must be masked here.
   */
  facts?(form: JsonObject): readonly string[];
  /** The text of an object that consists only of text. Default: JSON. */
  text?(form: JsonObject): Json | undefined;
  html?(): Promise<HtmlView>;
  screenshots?(): Promise<ScreenshotsView>;
}
