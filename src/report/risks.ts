import { parseDuration } from "../util/duration.ts";
import type { Difference } from "../engine/difference.ts";
import { isObject, textOf, type Json } from "../util/json.ts";
import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";

/** Something in a plan that a reviewer should look at first. */
export interface Risk {
  /** What it is of: `rule-group/toolboxai/critical`. */
  readonly address: string;
  /** `loss`: something goes that does not come back by itself. `change`: notifications or alerts behave in another way. */
  readonly level: "loss" | "change";
  /** A sentence without the object's name; names in it are other people's text. */
  readonly text: string;
}

/** What of a plan is at risk, losses first. What is left as it is risks nothing. Pure. */
export function risksOf({ changes }: Plan): Risk[] {
  const done = changes.filter(({ left }) => !left);
  const come = new Set(
    done.flatMap(({ differences }) => differences.flatMap(({ type, path }) => (type === "added" ? [path] : []))),
  );
  const all = done.flatMap((change) => risksOfChange(change, come));
  return [...all.filter(({ level }) => level === "loss"), ...all.filter(({ level }) => level === "change")];
}

/** `come`: paths that this plan adds somewhere, as another group does a rule that moves there. */
function risksOfChange(change: Change, come: ReadonlySet<string>): Risk[] {
  const name = address(change);
  const risk = (level: Risk["level"], text: string): Risk => ({ address: name, level, text });
  const found: Risk[] = [];
  if (change.action === "delete") found.push(risk("loss", DELETED[change.kind] ?? "is deleted"));
  if (change.action === "adopt") found.push(risk("change", "is not this project's yet, and is taken over"));
  if (change.origin === "grafana" || change.origin === "both") {
    const by = change.updatedBy ? ` by ${change.updatedByName ?? change.updatedBy}` : "";
    const verb = change.action === "delete" ? "deletes" : "overwrites";
    found.push(risk("loss", `${verb} what was changed in Grafana${by}`));
  }
  if (change.loss) found.push(risk("loss", change.loss));
  if (change.action === "create" || change.action === "delete") return found;
  for (const [kind, text] of [
    ["contact-point", "changes how notifications are sent"],
    ["notification-policy", "changes notification routing"],
    ["mute-timing", "changes when notifications are muted"],
  ] as const) {
    if (change.kind === kind && change.differences.length > 0) found.push(risk("change", text));
  }
  for (const difference of change.differences) {
    const text =
      change.kind === "rule-group"
        ? ruleRisk(difference, come)
        : change.kind === "datasource"
          ? datasourceRisk(difference)
          : undefined;
    if (text) found.push(risk(text.lost ? "loss" : "change", text.text));
  }
  return found;
}

const DELETED: Readonly<Record<string, string>> = {
  "rule-group": "is deleted: its rules no longer alert",
  "contact-point": "is deleted: no more notifications are sent to it",
  "notification-policy": "is reset: Grafana's default receiver gets everything",
  dashboard: "is deleted, with its history and permissions",
  folder: "is deleted, with its permissions",
  datasource: "is deleted: panels and rules that query it get no data",
};

interface Found {
  readonly text: string;
  readonly lost?: boolean;
}

function datasourceRisk({ path, before, after }: Difference): Found | undefined {
  if (path !== "url" && path !== "type" && path !== "database") return undefined;
  return { text: `queries another source: ${path} ${shown(before)} → ${shown(after)}` };
}

/** What makes a rule alert later, less, or not at all. */
function ruleRisk({ path, labels, type, before, after }: Difference, come: ReadonlySet<string>): Found | undefined {
  const rule = /^rules\[[^\]]*\]/.exec(path)?.[0];
  if (rule === undefined) return undefined;
  const name = labels[0] ?? "a rule";
  const rest = path.slice(rule.length).replace(/^\./, "");
  if (rest === "")
    return type === "removed" && !come.has(path)
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
    return { text: `${name} has other labels, which notification policies match` };
  if (rest.startsWith("notification_settings")) return { text: `${name} notifies another receiver` };
  return undefined;
}

function thresholdRisk(name: string, before: Json | undefined, after: Json | undefined): Found | undefined {
  const [was, is] = [evaluator(before), evaluator(after)];
  if (!was || !is) return { text: `${name} has another threshold` };
  if (was.type !== is.type) return { text: `${name} compares in another way` };
  const [old = 0, now = 0] = [was.params[0], is.params[0]];
  const weaker =
    was.type === "gt" || was.type === "gte"
      ? now > old
      : was.type === "lt" || was.type === "lte"
        ? now < old
        : undefined;
  if (weaker === undefined) return { text: `${name} has another threshold` };
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
