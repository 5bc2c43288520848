import type { Difference } from "../../engine/difference.ts";
import type { KindRisk, RisksFacet } from "../../engine/view.ts";
import { parseDuration } from "../../util/duration.ts";
import { isObject, textOf, type Json } from "../../util/json.ts";

export const RULE_RISKS: RisksFacet = {
  deletion: "is deleted: its rules no longer alert",
  ofDifference: ruleRisk,
};

/** Changes that make a rule fire later, less often, or not at all. */
function ruleRisk({ path, labels, type, before, after }: Difference, added: ReadonlySet<string>): KindRisk | undefined {
  const rule = /^rules\[[^\]]*\]/.exec(path)?.[0];
  if (rule === undefined) return undefined;
  const name = labels[0] ?? "a rule";
  const rest = path.slice(rule.length).replace(/^\./, "");
  if (rest === "")
    return type === "removed" && !added.has(path)
      ? { text: `${name} is deleted: it no longer alerts`, lost: true }
      : undefined;
  if (rest === "for") {
    const [was, is] = [milliseconds(before), milliseconds(after)];
    return is > was
      ? { text: `${name} waits longer before it fires: ${shown(before, "0s")} → ${shown(after, "0s")}` }
      : undefined;
  }
  if (rest === "isPaused") return after === true ? { text: `${name} is paused`, lost: true } : undefined;
  if (rest === "noDataState" || rest === "execErrState") {
    const when = rest === "noDataState" ? "without data" : "after an error";
    return quiet(after) && !quiet(before)
      ? { text: `${name} no longer alerts ${when}: ${shown(before)} → ${shown(after)}` }
      : undefined;
  }
  if (rest.endsWith(".evaluator")) return thresholdRisk(name, before, after);
  if (rest === "labels.severity" || rest === "labels")
    return { text: `${name} has different labels, which can change its notification policy` };
  if (rest.startsWith("notification_settings")) return { text: `${name} notifies a different receiver` };
  return undefined;
}

function thresholdRisk(name: string, before: Json | undefined, after: Json | undefined): KindRisk | undefined {
  const [was, is] = [evaluator(before), evaluator(after)];
  if (!was || !is) return { text: `${name} has a different threshold` };
  if (was.type !== is.type) return { text: `${name} uses a different comparison` };
  const [old = 0, now = 0] = [was.params[0], is.params[0]];
  const weaker =
    was.type === "gt" || was.type === "gte"
      ? now > old
      : was.type === "lt" || was.type === "lte"
        ? now < old
        : undefined;
  if (weaker === undefined) return { text: `${name} has a different threshold` };
  return weaker ? { text: `${name} fires later: its threshold goes from ${old} to ${now}` } : undefined;
}

function evaluator(value: Json | undefined): { type: string; params: readonly number[] } | undefined {
  if (!isObject(value) || !Array.isArray(value["params"])) return undefined;
  return { type: textOf(value["type"]), params: value["params"].map(Number) };
}

function quiet(state: Json | undefined): boolean {
  return state === "OK" || state === "Ok" || state === "KeepLast";
}

function milliseconds(value: Json | undefined): number {
  return typeof value === "string" ? (parseDuration(value) ?? 0) : 0;
}

function shown(value: Json | undefined, absent = "nothing"): string {
  return value === undefined ? absent : typeof value === "string" ? value : JSON.stringify(value);
}
