import type { Change } from "../engine/change.ts";
import { address, type Desired } from "../engine/model.ts";
import type { Sides } from "../engine/view.ts";
import { Unreachable } from "../grafana/errors.ts";
import { EXPRESSIONS, objectsOf } from "../kinds/alerting/rule.ts";
import { InvalidCodeError, ProvisionError } from "../util/errors.ts";
import { equal, isObject, textOf, type JsonObject } from "../util/json.ts";
import { comparedFirings, replayed, type Backtest } from "./backtest.ts";
import type { CheckedRule } from "./simulation/rule.ts";

/** How often a changed rule would have fired, before and after the change. */
export interface RuleFirings {
  /** Of the group. */
  readonly address: string;
  /** Of the rule. */
  readonly title: string;
  /** `fires 3 → 41 times in 7 days`, or why it was not replayed. */
  readonly text: string;
}

export interface ChangedFiringsOptions {
  /** The URL of the Prometheus. */
  readonly prometheus: string;
  readonly from: Date;
  readonly to: Date;
  /** The code, which has the scrape intervals of datasources. */
  readonly desired: readonly Desired[];
  readonly signal: AbortSignal;
}

/** What decides when a rule fires. */
const DECISIVE = ["condition", "data", "for", "keep_firing_for", "noDataState", "execErrState"];
const FIELDS = [...DECISIVE, "missingSeriesEvalsToResolve", "isPaused"];

/** Replays the alert rules that changes add, or whose firing they change, with the data of a Prometheus. */
export async function changedFirings(
  changes: readonly Change[],
  sides: ReadonlyMap<string, Sides>,
  options: ChangedFiringsOptions,
): Promise<RuleFirings[]> {
  const scrapes = scrapesOf(options.desired);
  const firings: RuleFirings[] = [];
  for (const change of changes.filter(({ kind, action }) => kind === "rule-group" && action !== "delete")) {
    const name = address(change);
    const { before, after } = sides.get(name) ?? {};
    for (const rule of rulesIn(after)) {
      options.signal.throwIfAborted();
      const former = formerOf(rule, rulesIn(before));
      if (former && sameFiring(former, rule)) continue;
      const title = textOf(rule.form["title"]);
      const text = await compared(former, rule, (one) => replayed(one, (uid) => scrapes.get(uid), options));
      firings.push({ address: name, title, text });
    }
  }
  return firings;
}

/** An unreachable Prometheus is an error, because no rule can be replayed. */
async function compared(
  former: CheckedRule | undefined,
  rule: CheckedRule,
  replay: (rule: CheckedRule) => Promise<Backtest>,
): Promise<string> {
  try {
    const after = await replay(rule);
    return comparedFirings(former ? await replay(former) : after, after);
  } catch (error) {
    if (!(error instanceof ProvisionError) || error instanceof Unreachable) throw error;
    const [fault] = error instanceof InvalidCodeError ? error.faults : [];
    return `not replayed: ${fault?.message ?? error.message}`;
  }
}

/** The alert rules of a group in its canonical form. */
function rulesIn(form: JsonObject | undefined): CheckedRule[] {
  const interval = form?.["interval"];
  if (typeof interval !== "number") return [];
  const folder = { kind: "folder", title: "", uid: "", existing: true } as const;
  const group = { kind: "rule-group", folder, title: "", interval, rules: [] } as const;
  return objectsOf(form?.["rules"])
    .filter((rule) => !isObject(rule["record"]))
    .map((rule) => ({
      group,
      form: rule,
      queries: objectsOf(rule["data"]).filter(({ datasourceUid }) => !EXPRESSIONS.has(textOf(datasourceUid))),
    }));
}

function formerOf({ form }: CheckedRule, all: readonly CheckedRule[]): CheckedRule | undefined {
  const having = (field: "uid" | "title") =>
    all.find((one) => form[field] !== undefined && one.form[field] === form[field]);
  return having("uid") ?? having("title");
}

function sameFiring(a: CheckedRule, b: CheckedRule): boolean {
  return a.group.interval === b.group.interval && FIELDS.every((field) => equal(a.form[field], b.form[field]));
}

/** The scrape intervals of the datasources in the code, by their uids. */
export function scrapesOf(desired: readonly Desired[]): ReadonlyMap<string, string> {
  return new Map(
    desired.flatMap(({ kind, id, resource }): [string, string][] => {
      const jsonData = kind === "datasource" && isObject(resource) ? resource["jsonData"] : undefined;
      const scrape = isObject(jsonData) ? textOf(jsonData["timeInterval"] ?? "") : "";
      return scrape === "" ? [] : [[id, scrape]];
    }),
  );
}
