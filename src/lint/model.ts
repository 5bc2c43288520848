import type { Desired } from "../engine/model.ts";
import type { Linted, LintedBoard, LintedQuery, LintedRule } from "../engine/lint.ts";
import type { Language, Span } from "./substitute.ts";
import type { Parsed } from "./syntax.ts";

export type Severity = "error" | "warning";

/** A resource and what rules check of it. */
export interface Subject {
  readonly desired: Pick<Desired, "kind" | "id" | "title" | "source" | "references">;
  readonly linted: Linted;
}

/** A query with its language, parsed. */
export interface ReadQuery {
  readonly query: LintedQuery;
  readonly subject: Subject;
  /** The type of its datasource, if the code shows it. */
  readonly sourceType?: string;
  /** Milliseconds between two scrapes, if the code shows it. */
  readonly scrape?: number;
  /** Absent: another language, or a text that is no expression. */
  readonly language?: Language;
  readonly parsed?: Parsed;
  /** Where the expression begins in the text: in a function of a variable, later. */
  readonly offset: number;
  /** The language that the text has instead of the one of its datasource. */
  readonly otherLanguage?: Language;
}

/** All resources, for rules about several of them. */
export interface Project {
  readonly subjects: readonly Subject[];
  readonly queries: readonly ReadQuery[];
  /** The same by the query in the resource. */
  readonly parsedQueries: ReadonlyMap<LintedQuery, ReadQuery>;
  /** The addresses to which resources refer, each with the kinds of the resources. */
  readonly used: ReadonlySet<string>;
  /** The rule for objects of a kind that nothing uses. */
  readonly unusedRules: ReadonlyMap<string, string>;
}

/** A place that a rule reports. */
export interface Found {
  /** The property of the resource. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** The part of the query's text. */
  readonly span?: Span;
}

export interface FoundIn extends Found {
  readonly subject: Subject;
}

/** A rule. Its texts are also its documentation. */
export interface Rule {
  /** Stable: configurations name it. */
  readonly id: string;
  readonly severity: Severity;
  readonly group: "Queries" | "Dashboards" | "Alerts" | "Notifications";
  /** Why it is a problem: one line. */
  readonly reason: string;
  /** What exactly is reported, and what is not. */
  readonly about: string;
  readonly bad: string;
  readonly good: string;
  readonly query?: (query: ReadQuery) => readonly Found[];
  readonly board?: (board: LintedBoard, subject: Subject, project: Project) => readonly Found[];
  readonly rule?: (rule: LintedRule, subject: Subject, project: Project) => readonly Found[];
  readonly project?: (project: Project) => readonly FoundIn[];
}
