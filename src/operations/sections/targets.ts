import type { Row, Topic } from "../model.ts";
import { keyOf, rangeText, vectorOf } from "../prometheus.ts";
import { countOf } from "../../util/plural.ts";

const TARGET = ["job", "instance"];

/** Targets of Prometheus that are or were down. */
export const targets: Topic = {
  id: "targets",
  title: "Targets",
  columns: [
    { key: "job", title: "Job" },
    { key: "instance", title: "Instance" },
    { key: "state", title: "State" },
    { key: "availability", title: "Scrapes that succeeded", unit: "percent" },
  ],
  async find(asking) {
    const found = await asking.prometheus("targets of Prometheus", async (read) => ({
      now: await vectorOf(read, "up", asking.to),
      before: await vectorOf(read, `avg_over_time(up[${rangeText(asking)}])`, asking.to),
    }));
    if (!found) return undefined;
    const now = new Map(found.now.map(({ labels, value }) => [keyOf(labels, TARGET), value]));
    const all = found.before.map(({ labels, value }) => {
      const up = now.get(keyOf(labels, TARGET));
      return {
        job: labels["job"] ?? "",
        instance: labels["instance"] ?? "",
        state: up === undefined ? "removed" : up === 1 ? "up" : "down",
        availability: value * 100,
      } satisfies Row;
    });
    const rank = { down: 0, up: 1, removed: 2 } as const;
    const rows = all
      .filter(({ state, availability }) => state === "down" || (state === "up" && availability < 100))
      .toSorted(
        (a, b) =>
          rank[a.state as keyof typeof rank] - rank[b.state as keyof typeof rank] || a.availability - b.availability,
      );
    const down = all.filter(({ state }) => state === "down").length;
    const present = all.filter(({ state }) => state !== "removed").length;
    return {
      rows,
      attention: down > 0,
      summary:
        present === 0
          ? "Prometheus scrapes nothing."
          : down === 0
            ? `All ${countOf(present, "target")} are up.`
            : `${down} of ${countOf(present, "target")} ${down === 1 ? "is" : "are"} down.`,
    };
  },
};
