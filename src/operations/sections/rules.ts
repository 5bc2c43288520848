import { countOf } from "../../util/plural.ts";
import { grafanaRules } from "../grafana-rules.ts";
import type { Row, Topic } from "../model.ts";
import { prometheusRules } from "../prometheus-rules.ts";

/** Rules whose last evaluation failed or had no data. */
export const rules: Topic = {
  id: "rules",
  title: "Rules in error",
  columns: [
    { key: "from", title: "Rules of" },
    { key: "rule", title: "Rule" },
    { key: "group", title: "Group" },
    { key: "health", title: "Last evaluation" },
    { key: "error", title: "Error" },
  ],
  async find(asking) {
    const ofGrafana = await asking.grafana("rules of Grafana", async (_, client) =>
      (await grafanaRules(client)).map(({ title, group, health, lastError, isPaused }) => ({
        from: "Grafana",
        rule: title,
        group,
        health: isPaused ? "paused" : health === "nodata" ? "no data" : health,
        error: lastError,
      })),
    );
    const ofPrometheus = await asking.prometheus("Prometheus' own rules", async (read) =>
      (await prometheusRules(read)).map(({ name, group, health, lastError }) => ({
        from: "Prometheus",
        rule: name,
        group,
        health: health === "err" ? "error" : health,
        error: lastError,
      })),
    );
    if (!ofGrafana && !ofPrometheus) return undefined;
    const all = [...(ofGrafana ?? []), ...(ofPrometheus ?? [])];
    const failed = all.filter(({ health }) => health === "error");
    const succeeded = all.filter(({ health }) => health === "ok").length;
    const rows: Row[] = [...failed, ...all.filter(({ health }) => health === "no data")];
    return {
      rows,
      attention: failed.length > 0,
      summary:
        all.length === 0
          ? "There are no rules."
          : rows.length === 0
            ? succeeded === all.length
              ? `The last evaluation of all ${countOf(all.length, "rule")} succeeded.`
              : `The last evaluation of ${succeeded} of ${countOf(all.length, "rule")} succeeded; the others are paused or were not evaluated.`
            : `Of ${countOf(all.length, "rule")}, ${failed.length} failed and ${rows.length - failed.length} had no data.`,
    };
  },
};
