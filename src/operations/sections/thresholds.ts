import { codeFirings } from "../../testing/code-firings.ts";
import { EXIT, ProvisionError } from "../../util/errors.ts";
import { countOf } from "../../util/plural.ts";
import type { Row, Topic } from "../model.ts";

/** How often the alert rules of the code would have fired with the data of the range. */
export const thresholds: Topic = {
  id: "thresholds",
  title: "Thresholds",
  columns: [
    { key: "rule", title: "Rule" },
    { key: "resource", title: "Resource" },
    { key: "condition", title: "Condition" },
    { key: "count", title: "Would have fired" },
    { key: "seconds", title: "For", unit: "seconds" },
  ],
  async find(asking) {
    const found = await asking.code("alert rules of the code", ({ desired }) =>
      asking.prometheus("how often rules of the code would have fired", (read) => {
        const send = async ({ path }: { readonly path: string }) => {
          try {
            return await read(...requestOf(path));
          } catch (error) {
            // One query that fails must not lose the other rules.
            if (error instanceof ProvisionError || !(error instanceof Error) || asking.signal.aborted) throw error;
            throw new ProvisionError(error.message, { exitCode: EXIT.failure, code: "grafana-request-failed" });
          }
        };
        const client = { send };
        const [from, to] = [new Date(asking.from), new Date(asking.to)];
        return codeFirings(desired, { client, from, to, signal: asking.signal });
      }),
    );
    if (!found) return undefined;
    const rows = found.flatMap(({ address, title, condition, result }): (Row & { readonly count: number })[] => {
      if ("problem" in result) {
        asking.note(`${address} "${title}" was not replayed: ${result.problem}`);
        return [];
      }
      const milliseconds = result.firings.reduce(
        (sum, { from, to = result.to }) => sum + Date.parse(to) - Date.parse(from),
        0,
      );
      return [
        { rule: title, resource: address, condition, count: result.count, seconds: Math.round(milliseconds / 1000) },
      ];
    });
    const fired = rows.filter(({ count }) => count > 0).length;
    return {
      rows: rows.toSorted((a, b) => b.count - a.count),
      attention: false,
      summary:
        found.length === 0
          ? "The code has no alert rules."
          : rows.length === 0
            ? "No alert rule of the code could be replayed."
            : `${fired} of ${countOf(rows.length, "rule")} would have fired.`,
    };
  },
};

/** The path and the parameters of a request. */
function requestOf(path: string): [path: string, parameters: Readonly<Record<string, string>>] {
  const { pathname, searchParams } = new URL(path, "http://localhost");
  return [pathname, Object.fromEntries(searchParams)];
}
