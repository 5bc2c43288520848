import { address, type Desired } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import { nameSelects } from "../engine/selection.ts";
import type { Found, Project, Rule, Severity, Subject } from "./model.ts";
import { readQueries } from "./read-queries.ts";
import { RULES } from "./rules/index.ts";
import type { LintSettings } from "./settings.ts";
import type { Span } from "./substitute.ts";

/** A problem that a rule found in a resource. */
export interface Finding {
  /** The id of the rule. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
  /** The resource: `dashboard/fastapi`. */
  readonly address: string;
  readonly file: string;
  readonly export: string;
  /** The property of the resource. */
  readonly path: string;
  /** The text that the finding is about: a query or a template. */
  readonly text?: string;
  /** The part of the text. */
  readonly span?: Span;
  /** The title of the panel or the rule, or the name of the variable. */
  readonly near?: string;
}

/** Checks resources with all rules. Pure: reads no files and connects to nothing. */
export function findingsIn(desired: readonly Desired[], kinds: Kinds, settings: LintSettings = {}): Finding[] {
  const project = projectOf(desired, kinds, settings);
  const found = RULES.flatMap((rule) => {
    const severity = settings.rules?.[rule.id] ?? rule.severity;
    return severity === "off" ? [] : findingsOf(rule, severity, project);
  });
  return found.filter((finding) => !isIgnored(finding, settings));
}

/** What rules check of resources, with their parsed queries. Pure. */
export function projectOf(desired: readonly Desired[], kinds: Kinds, { scrapeInterval }: LintSettings): Project {
  const subjects = desired.flatMap((one): Subject[] => {
    const facet = kinds.get(one.kind)?.lint;
    return facet ? [{ desired: one, linted: facet.linted(one) }] : [];
  });
  const queries = readQueries(subjects, scrapeInterval);
  return {
    subjects,
    queries,
    parsedQueries: new Map(queries.map((one) => [one.query, one])),
    used: new Set(desired.flatMap(({ references }) => references.map(address))),
    unusedRules: new Map(
      [...kinds.values()].flatMap(({ name, lint }) => (lint?.unusedRule ? [[name, lint.unusedRule] as const] : [])),
    ),
  };
}

function findingsOf(rule: Rule, severity: Severity, project: Project): Finding[] {
  const made = (subject: Subject, found: Found, text?: string): Finding => {
    const { desired } = subject;
    const { path, message, hint, span } = found;
    return {
      rule: rule.id,
      severity,
      message,
      ...(hint === undefined ? {} : { hint }),
      address: address(desired),
      ...desired.source,
      path,
      ...(text === undefined ? {} : { text }),
      ...(span ? { span } : {}),
      ...nearOf(subject, path),
    };
  };
  const { query, board, rule: check, project: all } = rule;
  return [
    ...(query
      ? project.queries.flatMap((one) => query(one).map((found) => made(one.subject, found, one.query.text)))
      : []),
    ...project.subjects.flatMap((subject) => {
      const { linted } = subject;
      return [
        ...(board && linted.board ? board(linted.board, subject, project) : []),
        ...(check ? (linted.rules ?? []).flatMap((one) => check(one, subject, project)) : []),
      ].map((found) => made(subject, found));
    }),
    ...(all ? all(project).map((found) => made(found.subject, found, templateAt(found.subject, found.path))) : []),
  ];
}

/** What names the parts of a resource. */
const NAMED = new WeakMap<Subject, readonly { readonly path: string; readonly name: string }[]>();

function namedParts(subject: Subject): readonly { readonly path: string; readonly name: string }[] {
  const known = NAMED.get(subject);
  if (known) return known;
  const { board, rules = [] } = subject.linted;
  const panels = (board?.panels ?? []).map((panel) => ({ path: panel.path, name: panel.title }));
  const variables = (board?.variables ?? []).map((variable) => ({ path: variable.path, name: variable.name }));
  const titled = rules.map((rule) => ({ path: rule.path, name: rule.title }));
  const all = [...panels, ...variables, ...titled];
  NAMED.set(subject, all);
  return all;
}

/** The title of the panel or the rule, or the name of the variable, that contains a path. */
export function nearOf(subject: Subject, path: string): { readonly near?: string } {
  const found = namedParts(subject).findLast((one) => isWithin(path, one.path));
  return found && found.name !== "" ? { near: found.name } : {};
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

function templateAt({ linted: { templates = [] } }: Subject, path: string): string | undefined {
  return templates.find((template) => template.path === path)?.text;
}

function isIgnored({ rule, address: name }: Finding, { ignore = {} }: LintSettings): boolean {
  return Object.entries(ignore).some(([pattern, rules]) => rules.includes(rule) && nameSelects(pattern, name));
}
