import type { Desired, LiveObject } from "./model.ts";
import type { Queried, QueriedSource } from "./queried.ts";

/** A query in a resource. */
export interface LintedQuery {
  /** The place of the text in the resource: `spec.panels[2].targets[0].expr`. */
  readonly path: string;
  /** The property that contains the text, which shows the language: `expr`, `query`. */
  readonly field: string;
  readonly text: string;
  /** Whether no other property contains a query. */
  readonly alone: boolean;
  /** Absent: the default datasource. */
  readonly datasource?: QueriedSource;
  /** The plugin's type of query, if it states one: `traceql`, `range`. */
  readonly queryType?: string;
  /** Whether it returns only the last value of each series. */
  readonly instant: boolean;
  /** What asks it. A variable's query can be a function of the plugin: `label_values(up, job)`. */
  readonly role: "panel" | "annotation" | "variable" | "rule";
  /** The minimum of `$__interval`, if the panel or the query sets one. */
  readonly minInterval?: string;
  /** Whether its result is drawn over time. */
  readonly overTime: boolean;
  /** The text that names its series, with labels: `{{job}}`. */
  readonly legend?: { readonly path: string; readonly text: string };
}

export interface LintedThresholds {
  readonly path: string;
  /** The values in their order. `null`: the base. */
  readonly values: readonly (number | null)[];
}

/** A rectangle in a grid. Only panels with the same `grid` can overlap. */
export interface LintedBox {
  readonly grid: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface LintedPanel {
  readonly path: string;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  /** The row or tab that contains it. Titles are unique in it. */
  readonly section: string;
  readonly queries: readonly LintedQuery[];
  /** The unit of its fields. Absent: none is set. */
  readonly unit?: string;
  /** Whether a part of the panel sets units for some fields. */
  readonly otherUnits: boolean;
  readonly thresholds: readonly LintedThresholds[];
  readonly box?: LintedBox;
  /** Whether the model is elsewhere: a shared panel. */
  readonly shared: boolean;
  /** Whether it is shown once for each value of a variable. */
  readonly repeated: boolean;
  readonly transformations: number;
}

export interface LintedVariable {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  /** For a variable of datasources: their type. */
  readonly pluginType?: string;
}

/** What can be checked of a resource that shows panels. */
export interface LintedBoard {
  readonly panels: readonly LintedPanel[];
  readonly variables: readonly LintedVariable[];
  /** Queries of variables and annotations. */
  readonly queries: readonly LintedQuery[];
  /** The whole model as JSON: everything that may use a variable. */
  readonly text: string;
  /** Whether variables may be used elsewhere: by a dashboard that a link passes them to. */
  readonly open: boolean;
  /** The ids of the shared panels that it shows. */
  readonly shows: readonly string[];
  /** The id by which others show it: of a shared panel. */
  readonly sharedAs?: string;
  /** Whether it defines the variables that it uses. A shared panel doesn't. */
  readonly definesVariables: boolean;
  /** The container in which its title is unique. Absent: titles don't matter. */
  readonly titledIn?: string;
}

/** A rule that is evaluated at an interval. */
export interface LintedRule {
  readonly path: string;
  readonly title: string;
  /** Whether it notifies. Otherwise it records. */
  readonly alerts: boolean;
  readonly queries: readonly LintedQuery[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly interval: number;
  /** How long the condition must hold: `5m`. */
  readonly pending?: string;
  /** Whether it names its receiver itself. */
  readonly routedDirectly: boolean;
  /** The named tree that routes its alerts. Absent: the organization's tree. */
  readonly tree?: string;
  /** Ranges of conditions: `within_range` and `outside_range`. */
  readonly ranges: readonly { readonly path: string; readonly from: number; readonly to: number }[];
}

export interface LintedMatcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** What decides who is notified. */
interface LintedTree {
  /** Absent: the organization's tree. */
  readonly name?: string;
  /** The matchers of each route below the root. */
  readonly routes: readonly (readonly LintedMatcher[])[];
}

/** A text with Go templates. */
export interface LintedTemplate {
  readonly path: string;
  readonly text: string;
  /** Which functions it can use. */
  readonly functions: "notification" | "rule";
  /** The names that it defines. */
  readonly defines: readonly string[];
  /** Whether a definition that nothing uses is a finding. */
  readonly mustBeUsed: boolean;
}

/** What of a resource can be checked by rules. Plain data. */
export interface Linted {
  readonly board?: LintedBoard;
  readonly rules?: readonly LintedRule[];
  /** A policy tree. */
  readonly tree?: LintedTree;
  readonly templates?: readonly LintedTemplate[];
  readonly source?: {
    readonly uid: string;
    readonly name: string;
    readonly type: string;
    readonly scrape?: string;
    readonly isDefault: boolean;
  };
}

/** Resources that `lint` checks. */
export interface LintFacet<Resource extends object, Live extends LiveObject> {
  linted(desired: Desired<Resource>): Linted;
  /** The same of a complete live object, if it contains queries. */
  live?(live: Live): Linted;
  /** The queries that `check` runs. */
  queried?(desired: Desired<Resource>): Queried;
  /** The id of the rule that reports objects of this kind to which no resource refers. */
  readonly unusedRule?: string;
}
