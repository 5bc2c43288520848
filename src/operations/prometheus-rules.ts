import { z } from "zod";
import type { Read } from "./model.ts";

/** A rule of a Prometheus' own. */
export interface PrometheusRule {
  readonly name: string;
  readonly group: string;
  readonly alerting: boolean;
  /** `ok`, `err`, or `unknown` before the first evaluation. */
  readonly health: string;
  readonly lastError: string;
}

const Rules = z.looseObject({
  data: z.looseObject({
    groups: z
      .array(
        z.looseObject({
          name: z.string(),
          rules: z
            .array(
              z.looseObject({
                name: z.string(),
                type: z.string().default("alerting"),
                health: z.string().default("unknown"),
                lastError: z.string().default(""),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
});

/** The rules of a Prometheus. */
export async function prometheusRules(read: Read): Promise<PrometheusRule[]> {
  const { data } = Rules.parse(await read("/api/v1/rules", {}));
  return (data.groups ?? []).flatMap(({ name: group, rules }) =>
    (rules ?? []).map(({ name, type, health, lastError }) => ({
      name,
      group,
      alerting: type !== "recording",
      health,
      lastError,
    })),
  );
}
