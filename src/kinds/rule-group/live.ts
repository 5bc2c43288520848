import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import { ask } from "../../grafana/ask.ts";
import { parseDuration } from "../../util/duration.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { provisionedObject, type Provisioned } from "../alerting/provisioned.ts";
import { fromRuler, jsonObject } from "../alerting/rule.ts";

const Ruler = z.record(
  z.string(),
  z.array(z.looseObject({ name: z.string(), interval: z.string(), rules: z.array(z.looseObject({})) })),
);

export interface LiveGroup extends LiveObject, Provisioned {
  readonly parent: string;
  readonly group: string;
  readonly interval: number;
  readonly rules: readonly JsonObject[];
}

const RULER = "/api/ruler/grafana/api/v1/rules";

export async function listGroups(context: KindContext): Promise<LiveGroup[]> {
  const answer = await ask(context.grafana.client, { method: "GET", path: RULER }, Ruler);
  return Object.values(answer)
    .flat()
    .map(({ name, interval, rules }) => {
      const nodes = rules.map((rule) => jsonObject(rule));
      const alerts = nodes.map((node) => (isObject(node["grafana_alert"]) ? node["grafana_alert"] : {}));
      const folder = textOf(alerts[0]?.["namespace_uid"] ?? "");
      const provenance = textOf(alerts.find((alert) => alert["provenance"])?.["provenance"] ?? "");
      return liveGroup(
        {
          parent: folder,
          group: name,
          interval: (parseDuration(interval) ?? 0) / 1000,
          version: alerts.map((alert) => `${textOf(alert["uid"])}:${textOf(alert["version"])}`).join(","),
          provenance,
          rules: nodes.map(fromRuler),
        },
        context,
      );
    });
}

export async function findGroup(context: KindContext, id: string): Promise<LiveGroup | undefined> {
  return (await listGroups(context)).find((group) => group.id === id);
}

export function liveGroup(
  group: Pick<LiveGroup, "parent" | "group" | "interval" | "version" | "provenance" | "rules">,
  context: KindContext,
): LiveGroup {
  const { parent, group: title, version, provenance } = group;
  const id = `${parent}/${title}`;
  return { ...provisionedObject(context, { kind: "rule-group", id, title, version, provenance }), ...group };
}
