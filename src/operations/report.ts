import { ProvisionError } from "../util/errors.ts";
import type { Asked, Asking, Missing, Section, Source, Topic } from "./model.ts";
import { alerts } from "./sections/alerts.ts";
import { certificates } from "./sections/certificates.ts";
import { firings } from "./sections/firings.ts";
import { logs } from "./sections/logs.ts";
import { queries } from "./sections/queries.ts";
import { rules } from "./sections/rules.ts";
import { storage } from "./sections/storage.ts";
import { targets } from "./sections/targets.ts";
import { thresholds } from "./sections/thresholds.ts";
import { traces } from "./sections/traces.ts";

/** All sections, in the order of the report. */
export const TOPICS: readonly Topic[] = [
  targets,
  alerts,
  firings,
  rules,
  thresholds,
  logs,
  traces,
  storage,
  certificates,
  queries,
];

/** Makes the sections one after the other, so that servers get few requests at a time. */
export async function sectionsOf(topics: readonly Topic[], asked: Asked): Promise<Section[]> {
  const sections: Section[] = [];
  for (const topic of topics) {
    asked.signal.throwIfAborted();
    sections.push(await sectionOf(topic, asked));
  }
  return sections;
}

async function sectionOf(topic: Topic, asked: Asked): Promise<Section> {
  const { id, title, columns } = topic;
  const unasked: string[] = [];
  const found = await topic.find(askingOf(asked, unasked));
  const about = { id, title, columns, unasked };
  if (!found)
    return { ...about, state: "unknown", rows: [], more: 0, summary: "No server could answer.", attention: false };
  const rows = found.rows.slice(0, asked.limit);
  return {
    ...about,
    ...found,
    rows,
    more: found.rows.length - rows.length,
    state: found.attention ? "attention" : "ok",
  };
}

function askingOf({ prometheus, loki, grafana, code, ...rest }: Asked, unasked: string[]): Asking {
  const attempt = async <Server extends object, Answer>(
    server: Server | Missing,
    what: string,
    ask: (server: Server) => Promise<Answer>,
    problemOf: (error: unknown) => string | undefined,
  ): Promise<Answer | undefined> => {
    if ("missing" in server) {
      unasked.push(`${what}: ${server.missing}`);
      return undefined;
    }
    try {
      return await ask(server);
    } catch (error) {
      rest.signal.throwIfAborted();
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      unasked.push(`${what}: ${problem}`);
      return undefined;
    }
  };
  const ofTool = (error: unknown) => (error instanceof ProvisionError ? error.message : undefined);
  const ofSource = (source: Source | Missing) => (error: unknown) =>
    ("missing" in source ? undefined : source.problem(error)) ?? ofTool(error);
  return {
    ...rest,
    prometheus: (what, ask) => attempt(prometheus, what, ({ read }) => ask(read), ofSource(prometheus)),
    loki: (what, ask) => attempt(loki, what, ({ read }) => ask(read), ofSource(loki)),
    grafana: (what, ask) => attempt(grafana, what, (one) => ask(one, one.client), ofTool),
    code: (what, ask) => attempt(code, what, ask, ofTool),
    note(what) {
      if (!unasked.includes(what)) unasked.push(what);
    },
  };
}
