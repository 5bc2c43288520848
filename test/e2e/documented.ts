import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./programs.ts";

type Query = Readonly<Record<string, unknown>>;

/** The queries on the page about instrumentation, by datasource. */
export function documentedQueries(): Readonly<Record<string, readonly Query[]>> {
  const page = readFileSync(join(ROOT, "docs/instrument-fastapi.md"), "utf8");
  const blocks = [...page.matchAll(/^```(promql|logql|jaeger)\n(.*?)^```/gms)];
  const found: Record<string, Query[]> = {};
  for (const [, language, text = ""] of blocks) {
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    if (language === "promql") (found["prometheus"] ??= []).push(...lines.map((expr) => ({ expr, range: true })));
    if (language === "logql") (found["loki"] ??= []).push(...lines.map((expr) => ({ expr, queryType: "range" })));
    if (language === "jaeger") (found["jaeger"] ??= []).push(searchOf(text));
  }
  return found;
}

/** The search that Jaeger's fields describe. */
function searchOf(text: string): Query {
  const fields = Object.fromEntries(
    [...text.matchAll(/^# ([\w ]+): (.*)$/gm)].map(([, name = "", value]) => [name, value]),
  );
  const { Service, Operation, Tags, "Min Duration": minDuration } = fields;
  return { queryType: "search", service: Service, operation: Operation, tags: Tags, minDuration, limit: 20 };
}
