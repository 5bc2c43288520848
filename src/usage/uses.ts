import type { LintedBoard, LintedRule } from "../engine/lint.ts";
import { address, type Desired } from "../engine/model.ts";
import { nearOf } from "../lint/lint.ts";
import type { Project, ReadQuery, Subject } from "../lint/model.ts";
import type { Span } from "../lint/substitute.ts";
import { isBuiltIn, variablesIn } from "../lint/variables.ts";
import { isObject, type Json } from "../util/json.ts";
import { namesIn, type NamesInQuery } from "./names.ts";

/** A place that uses a metric, a label, a variable or a resource. */
export interface Use {
  /** `metric`, `label`, `variable`, or the kind of a resource. */
  readonly what: string;
  /** The name, or the id of a resource. */
  readonly name: string;
  /** Whether the name is a regular expression of metrics. */
  readonly isPattern: boolean;
  /** The resource that contains the place. */
  readonly address: string;
  /** Empty: an object in Grafana that is not in the code. */
  readonly file: string;
  readonly export: string;
  /** The property of the resource. */
  readonly path: string;
  readonly text?: string;
  /** The parts of the text; none if the whole text is the name. */
  readonly spans: readonly Span[];
  /** The title of the panel or the rule, or the name of the variable. */
  readonly near?: string;
}

/** What resources use. */
export interface Uses {
  readonly uses: readonly Use[];
  /** Queries in which a variable selects the metric, so that they can use any. */
  readonly open: readonly Use[];
  /** The number of queries in languages without a grammar. */
  readonly unread: number;
  /** The labels that queries use together with each metric. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Finds all uses in resources. `references`: those of the code. Pure. */
export function usesIn(
  { subjects, queries }: Pick<Project, "subjects" | "queries">,
  references: readonly Desired[],
): Uses {
  const names = new Map(
    subjects.flatMap(({ desired, linted: { source } }) =>
      source ? [source.uid, source.name].map((name) => [name, desired] as const) : [],
    ),
  );
  const found = queries.map((read) => ({ read, ...namesIn(read) }));
  const open: Use[] = [];
  const ofQueries = found.flatMap(({ read, names: inQuery, isOpen }): Use[] => {
    if (isOpen) open.push(useOf(read.subject, read.query.path, { what: "metric", name: "", text: read.query.text }));
    const own = inQuery.map(({ inLegend, ...name }) => {
      const { path, text } = inLegend && read.query.legend ? read.query.legend : read.query;
      return useOf(read.subject, path, { ...name, text });
    });
    return [...own, ...sourceUse(read, names)];
  });
  const rules = subjects.flatMap((subject) =>
    (subject.linted.rules ?? []).flatMap((rule) => labelsOfTexts(rule, subject)),
  );
  const variables = subjects.flatMap((subject) =>
    subject.linted.board ? variableUses(subject.linted.board, subject) : [],
  );
  const known = Map.groupBy(ofQueries, (use) => use.address);
  const others = references.flatMap((desired) => referenceUses(desired, known.get(address(desired)) ?? []));
  const unread = found.filter(({ isUnread }) => isUnread).length;
  const labels = labelsByMetric(found);
  return { uses: [...ofQueries, ...rules, ...variables, ...others], open, unread, labels };
}

type Partial = Pick<Use, "what" | "name"> & { isPattern?: boolean; text?: string; span?: Span };

function useOf(subject: Subject, path: string, { isPattern = false, span, ...use }: Partial): Use {
  const { desired } = subject;
  const spans = span ? [span] : [];
  return { ...use, isPattern, spans, address: address(desired), ...desired.source, path, ...nearOf(subject, path) };
}

/** The datasource of a query, if the code has or names it. */
function sourceUse({ query, subject }: ReadQuery, sources: ReadonlyMap<string, Pick<Desired, "kind" | "id">>): Use[] {
  const uid = query.datasource?.uid;
  if (uid === undefined) return [];
  const target = sources.get(uid) ?? subject.desired.references.find(({ id }) => id === uid);
  return target ? [useOf(subject, query.path, { what: target.kind, name: target.id, text: query.text })] : [];
}

/** References to resources, without those that a query already reports. `known`: the uses in its queries. */
function referenceUses(desired: Desired, known: readonly Use[]): Use[] {
  const own = address(desired);
  const reported = new Set(known.map((use) => `${use.what}/${use.name}`));
  return desired.references.flatMap(({ kind, id, path }): Use[] =>
    reported.has(`${kind}/${id}`)
      ? []
      : [{ what: kind, name: id, isPattern: false, spans: [], address: own, ...desired.source, path }],
  );
}

/** `{{ $labels.instance }}` in the labels and annotations of a rule. */
function labelsOfTexts(rule: LintedRule, subject: Subject): Use[] {
  return (["labels", "annotations"] as const).flatMap((field) =>
    Object.entries(rule[field]).flatMap(([key, text]) =>
      [...text.matchAll(/\$labels\.([A-Za-z_]\w*)|\bindex\s+\$labels\s+"([^"]+)"/g)].map((match) =>
        useOf(subject, `${rule.path}.${field}.${key}`, {
          what: "label",
          name: match[1] ?? match[2] ?? "",
          text,
          span: { from: match.index, to: match.index + match[0].length },
        }),
      ),
    ),
  );
}

/** Uses of the dashboard's variables, in queries and all other texts. */
function variableUses(board: LintedBoard, subject: Subject): Use[] {
  const names = new Set(board.variables.map(({ name }) => name));
  if (names.size === 0) return [];
  const found: Use[] = [];
  const walk = (value: Json | undefined, path: string, key: string): void => {
    if (typeof value === "string") {
      const isName = key.startsWith("repeat") || path.endsWith(".repeat.value");
      const uses = isName && names.has(value) ? [{ name: value, from: 0, to: value.length }] : variablesIn(value);
      for (const { name, from, to } of uses)
        if (names.has(name) && !isBuiltIn(name))
          found.push(useOf(subject, path, { what: "variable", name, text: value, span: { from, to } }));
    } else if (Array.isArray(value)) for (const [index, one] of value.entries()) walk(one, `${path}[${index}]`, key);
    else if (isObject(value))
      for (const [name, one] of Object.entries(value))
        // A copy of the query.
        if (name !== "definition") walk(one, `${path}.${name}`, name);
  };
  if (board.text !== "") walk(JSON.parse(board.text) as Json, "spec", "");
  return found;
}

function labelsByMetric(queries: readonly Pick<NamesInQuery, "names">[]): Uses["labels"] {
  const found = new Map<string, Set<string>>();
  for (const { names } of queries) {
    const labels = names.flatMap(({ what, name }) => (what === "label" ? [name] : []));
    for (const { what, name } of names) {
      if (what !== "metric") continue;
      const known = found.get(name) ?? new Set();
      for (const one of labels) known.add(one);
      found.set(name, known);
    }
  }
  return found;
}
