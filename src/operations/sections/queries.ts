import { kinds } from "../../kinds/index.ts";
import { countOf } from "../../util/plural.ts";
import type { Row, Topic } from "../model.ts";

/** How long the queries of the code take, and those that fail. */
export const queries: Topic = {
  id: "queries",
  title: "Slowest queries",
  columns: [
    { key: "resource", title: "Resource" },
    { key: "panel", title: "Panel or rule" },
    { key: "state", title: "Result" },
    { key: "seconds", title: "Duration", unit: "seconds" },
    { key: "series", title: "Series" },
  ],
  async find(asking) {
    // The queries of one panel, variable, annotation or rule are run together.
    const items = await asking.code("durations of the queries in the code", async ({ desired, backend }) => {
      if ("missing" in backend) {
        asking.note(`durations of the queries in the code: ${backend.missing}`);
        return undefined;
      }
      // The grammars are loaded only here.
      const { checkQueries } = await import("../../check/check.ts");
      const range = { from: asking.to - 3_600_000, to: asking.to };
      const { concurrency, signal } = asking;
      return (await checkQueries({ desired, selected: () => true, kinds, backend, range, concurrency, signal })).items;
    });
    asking.signal.throwIfAborted();
    if (!items) return undefined;
    const all = items
      .filter(({ state }) => state !== "skipped")
      .map(({ address, title, state, queries }) => ({
        resource: address,
        panel: title,
        state,
        seconds: Math.max(0, ...queries.map(({ milliseconds }) => milliseconds)) / 1000,
        series: queries.reduce((sum, { series }) => sum + series, 0),
      }));
    const failed = all.filter(({ state }) => state === "error").length;
    const rows: Row[] = all.toSorted(
      (a, b) => Number(b.state === "error") - Number(a.state === "error") || b.seconds - a.seconds,
    );
    return {
      rows,
      attention: failed > 0,
      summary:
        all.length === 0
          ? "The code has no queries that can be run here."
          : `${failed} of ${countOf(all.length, "query")} failed. Each was asked for the last hour.`,
    };
  },
};
