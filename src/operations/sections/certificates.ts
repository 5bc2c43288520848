import { countOf } from "../../util/plural.ts";
import type { Row, Topic } from "../model.ts";
import { vectorOf } from "../prometheus.ts";

/** Below this many days, a certificate should be renewed. */
const FEW_DAYS = 21;

/** When certificates expire that a blackbox exporter probes. */
export const certificates: Topic = {
  id: "certificates",
  title: "Certificates",
  columns: [
    { key: "target", title: "Target" },
    { key: "expires", title: "Expires", unit: "time" },
    { key: "days", title: "Days left", unit: "days" },
  ],
  async find(asking) {
    const found = await asking.prometheus("certificates that a blackbox exporter probes", (read) =>
      vectorOf(read, "probe_ssl_earliest_cert_expiry", asking.to),
    );
    if (!found) return undefined;
    if (found.length === 0) {
      asking.note("certificates: no target of a blackbox exporter has TLS");
      return undefined;
    }
    const all = found
      .toSorted((a, b) => a.value - b.value)
      .map(({ labels, value }) => ({
        target: labels["instance"] ?? "",
        expires: new Date(value * 1000).toISOString(),
        days: Math.floor((value * 1000 - asking.to) / 86_400_000),
      }));
    const few = all.filter(({ days }) => days < FEW_DAYS).length;
    const rows: Row[] = all;
    return {
      rows,
      attention: few > 0,
      summary:
        few > 0
          ? `${few} of ${countOf(all.length, "certificate")} ${few === 1 ? "expires" : "expire"} within ${FEW_DAYS} days.`
          : `No certificate of ${all.length} expires within ${FEW_DAYS} days.`,
    };
  },
};
