import { z } from "zod";
import { address, type Desired } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import { ask } from "../grafana/ask.ts";
import type { Client } from "../grafana/client.ts";

/** What Grafana reports about a rule of the code. */
export interface RuleStatus {
  /** The group: `rule-group/alerts/backend`. */
  readonly address: string;
  readonly uid: string;
  readonly title: string;
  /** `inactive`, `pending`, `firing`… Absent: Grafana doesn't have the rule. */
  readonly state?: string;
  /** `ok`, `nodata`, `error`, or `unknown` before the first evaluation. */
  readonly health?: string;
  readonly lastError?: string;
  /** Absent: the rule has not been evaluated. */
  readonly lastEvaluation?: string;
  readonly isPaused: boolean;
}

const Rules = z.looseObject({
  data: z.looseObject({
    groups: z
      .array(
        z.looseObject({
          rules: z
            .array(
              z.looseObject({
                uid: z.string().optional(),
                state: z.string().optional(),
                health: z.string().optional(),
                lastError: z.string().optional(),
                lastEvaluation: z.string().optional(),
                isPaused: z.boolean().optional(),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
});

/** Go's zero time: not evaluated. */
const NEVER = /^0001-01-01/;

/** The state of each rule of the code, in its order. */
export async function ruleStatuses(client: Client, desired: readonly Desired[], kinds: Kinds): Promise<RuleStatus[]> {
  const answer = await ask(client, { method: "GET", path: "/api/prometheus/grafana/api/v1/rules" }, Rules);
  const groups = answer.data.groups ?? [];
  const found = new Map(groups.flatMap(({ rules }) => (rules ?? []).map((rule) => [rule.uid ?? "", rule] as const)));
  return desired.flatMap((one) =>
    (kinds.get(one.kind)?.lint?.queried?.(one).rules ?? []).map(({ uid, title, paused }): RuleStatus => {
      const base = { address: address(one), uid, title };
      const live = found.get(uid);
      if (!live) return { ...base, isPaused: paused };
      const { state, health, lastError = "", lastEvaluation = "" } = live;
      return {
        ...base,
        // A recording rule has no state.
        state: state ?? "",
        health: health ?? "unknown",
        ...(lastError === "" ? {} : { lastError }),
        ...(lastEvaluation === "" || NEVER.test(lastEvaluation) ? {} : { lastEvaluation }),
        isPaused: live.isPaused ?? paused,
      };
    }),
  );
}

/** Whether the evaluation of a rule fails, or Grafana lacks it. */
export function isBroken({ state, health }: RuleStatus): boolean {
  return state === undefined || health === "error";
}
