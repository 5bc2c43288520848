import { z } from "zod";
import { ask } from "../grafana/ask.ts";
import type { Client } from "../grafana/client.ts";

/** A rule of Grafana, as it was evaluated last. */
export interface EvaluatedRule {
  readonly uid: string;
  readonly title: string;
  /** With its folder: `Shop/Backend`. */
  readonly group: string;
  readonly alerting: boolean;
  /** `firing`, `inactive`… Empty for a recording rule. */
  readonly state: string;
  /** `ok`, `nodata`, `error`, or `unknown` before the first evaluation. */
  readonly health: string;
  readonly lastError: string;
  readonly isPaused: boolean;
}

const Rules = z.looseObject({
  data: z.looseObject({
    groups: z
      .array(
        z.looseObject({
          name: z.string(),
          file: z.string().default(""),
          rules: z
            .array(
              z.looseObject({
                uid: z.string().default(""),
                name: z.string(),
                type: z.string().default("alerting"),
                state: z.string().default(""),
                health: z.string().default("unknown"),
                lastError: z.string().default(""),
                isPaused: z.boolean().default(false),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
});

/** The rules of Grafana that the credentials can read. */
export async function grafanaRules(client: Client): Promise<EvaluatedRule[]> {
  // Without the instances of the rules, of which there can be many.
  const path = "/api/prometheus/grafana/api/v1/rules?limit_alerts=0";
  const { data } = await ask(client, { method: "GET", path }, Rules);
  return (data.groups ?? []).flatMap(({ name, file, rules }) =>
    (rules ?? []).map(({ uid, name: title, type, state, health, lastError, isPaused }): EvaluatedRule => {
      const group = [file, name].filter(Boolean).join("/");
      return { uid, title, group, alerting: type !== "recording", state, health, lastError, isPaused };
    }),
  );
}
