import { address, type Desired } from "../../engine/model.ts";
import { kinds } from "../../kinds/index.ts";
import type { Place } from "../../lint/places.ts";
import type { Subject } from "../../lint/model.ts";
import { usageJson } from "../../report/usage-json.ts";
import { unusedText, usageTable, usageText, type PlacedUse, type UsageResult } from "../../report/usage.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import type { LoadedConfig } from "../../code/config.ts";
import type { Client } from "../../grafana/client.ts";
import type { Metrics } from "../../usage/metrics.ts";
import type { Use, Uses } from "../../usage/uses.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { countOf, listed } from "../../util/plural.ts";
import { similar } from "../../util/similar.ts";
import { readCode } from "../code.ts";
import { closeAll, directClients } from "../direct-clients.ts";
import { ioOf, type Io } from "../io.ts";
import { textOfFile } from "../lint-code.ts";
import { notConnectedDirectly } from "../not-connected.ts";
import type { CommonOptions } from "../options.ts";
import { NO_CODE, openSession, targetFor } from "../session.ts";
import { checkedUrl } from "../target.ts";

export interface UsageCommandOptions extends CommonOptions {
  readonly live?: boolean;
  readonly unused?: boolean;
  readonly prometheus?: string;
  readonly datasource?: string;
}

/** Seconds. Counting all series of a large Prometheus takes long. */
const TIMEOUT = 60;

/** Shows which resources use metrics, labels, variables and other resources. Connects to a server only if an option says so. */
export async function usage(names: readonly string[], options: UsageCommandOptions): Promise<ExitCode> {
  const io = ioOf(options);
  mustFit(options);
  const { desired, loadedConfig } = await readCode(options, io.errors);
  // The grammars are loaded only here.
  const { projectOf } = await import("../../lint/lint.ts");
  const { readQueries } = await import("../../lint/read-queries.ts");
  const { usesIn } = await import("../../usage/uses.ts");
  const { usageOf, unusedOf } = await import("../../usage/usage.ts");
  const settings = loadedConfig.config.lint ?? {};
  const { subjects } = projectOf(desired, kinds, settings);
  const found = await readServers(desired, loadedConfig, options, io);
  const all = [...subjects, ...found.subjects];
  const queries = readQueries(all, settings.scrapeInterval);
  const uses = usesIn({ subjects: all, queries }, desired);
  const { usages, notUsed } = options.unused ? { usages: [], notUsed: [] } : usageOf(uses, names);
  const place = await placesIn(loadedConfig);
  const series = new Map(found.metrics?.metrics.map((metric) => [metric.name, metric.series]));
  const result: UsageResult = {
    usages: usages.map((one) => {
      const count = one.what === "metric" && found.metrics ? (series.get(one.name) ?? 0) : undefined;
      return { ...one, uses: place(one.uses), ...(count === undefined ? {} : { series: count }) };
    }),
    notUsed,
    open: place(uses.open),
    ...(options.unused && found.metrics ? { unused: unusedOf(found.metrics, uses, names) } : {}),
    notes: [...found.notes, ...unreadNotes(uses)],
  };
  const text = () =>
    result.unused
      ? unusedText(result, io.result)
      : names.length === 0
        ? usageTable(result, io.result)
        : usageText(result, io.result);
  io.result.stream.write(outgoing.redacted(options.output === "json" ? usageJson(result, EXIT.done) : text(), "long"));
  return EXIT.done;
}

function mustFit({ prometheus, datasource, url, sandbox, live, unused }: UsageCommandOptions): void {
  const others = { "--datasource": datasource, "--url": url, "--sandbox": sandbox, "--live": live };
  const [other] = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (prometheus !== undefined && other !== undefined)
    throw new UsageError(
      `--prometheus can't be combined with ${other}`,
      "With the URL of a Prometheus, Grafana is not used. To search both, use --datasource instead of --prometheus.",
      "option-conflict",
    );
  if (unused && prometheus === undefined && datasource === undefined)
    throw new UsageError(
      "--unused requires a Prometheus",
      "Add --datasource with the uid of a datasource in Grafana, or --prometheus with a URL.",
      "option-invalid",
    );
}

interface FoundInServers {
  readonly subjects: readonly Subject[];
  readonly metrics?: Metrics;
  readonly notes: readonly string[];
}

/** What servers have: objects of Grafana that are not in the code, and the metrics of Prometheus. */
async function readServers(
  desired: readonly Desired[],
  loadedConfig: LoadedConfig,
  options: UsageCommandOptions,
  io: Io,
): Promise<FoundInServers> {
  try {
    if (options.prometheus !== undefined) return await directly(options.prometheus, options);
    if (options.live || options.datasource !== undefined)
      return await throughGrafana(desired, loadedConfig, options, io);
    return { subjects: [], notes: [] };
  } finally {
    io.progress.stop();
  }
}

async function directly(url: string, options: UsageCommandOptions): Promise<FoundInServers> {
  const { metricsOf } = await import("../../usage/metrics.ts");
  const { directBackend } = await import("../../check/direct-backend.ts");
  const { concurrency } = options;
  const urls = { prometheus: checkedUrl(url.trim(), "--prometheus") };
  const clients = await directClients(urls, {
    timeout: TIMEOUT,
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  try {
    const source = { uid: "", name: "Prometheus", type: "prometheus", isDefault: true };
    const metrics = await metricsOf(directBackend(clients, [source], new Set()), source, Date.now());
    const note =
      "Only the code was searched. To search the dashboards and alert rules of Grafana too, use --datasource.";
    return { subjects: [], metrics, notes: [...notesOf(metrics), ...(options.unused ? [note] : [])] };
  } catch (error) {
    throw notConnectedDirectly(error, "--prometheus");
  } finally {
    closeAll(clients);
  }
}

async function throughGrafana(
  desired: readonly Desired[],
  loadedConfig: LoadedConfig,
  options: UsageCommandOptions,
  { progress }: Io,
): Promise<FoundInServers> {
  const { liveSubjects } = await import("../../usage/live.ts");
  const given = await targetFor(loadedConfig, options);
  const target = given.type === "grafana" ? { ...given, client: { ...given.client, timeout: TIMEOUT * 1000 } } : given;
  const session = await openSession(loadedConfig, options, progress.emit, NO_CODE, target);
  try {
    const own = new Set(desired.map(address));
    const isOwn = (name: string) => own.has(name);
    const { subjects, unreadable } = await liveSubjects(session.context, kinds, progress.emit, isOwn);
    const missing = [...unreadable].map(([kind, permission]) => `${kind} (${permission})`);
    const notes =
      missing.length === 0
        ? []
        : [`Not searched in Grafana, because the credentials lack permissions: ${listed(missing)}.`];
    if (options.datasource === undefined) return { subjects, notes };
    const metrics = await metricsThrough(session.context.grafana.client, options.datasource);
    return { subjects, metrics, notes: [...notes, ...notesOf(metrics)] };
  } finally {
    await session.close();
  }
}

async function metricsThrough(client: Client, uid: string): Promise<Metrics> {
  const { metricsOf } = await import("../../usage/metrics.ts");
  const { grafanaBackend } = await import("../../check/grafana-backend.ts");
  const { languageOf } = await import("../../lint/read-queries.ts");
  const backend = await grafanaBackend(client);
  const usable = backend.sources.filter(({ type }) => languageOf(type) === "promql");
  const source = usable.find((one) => one.uid === uid || one.name === uid);
  if (source) return metricsOf(backend, source, Date.now());
  const uids = usable.map((one) => one.uid);
  const meant = similar(uid, uids);
  throw new UsageError(
    `Grafana has no Prometheus datasource "${uid}" that the credentials can query`,
    meant !== undefined
      ? `Did you mean ${meant}?`
      : uids.length > 0
        ? `Use one of ${listed(uids)}.`
        : "Create the datasource first, or use --prometheus with its URL.",
    "option-invalid",
  );
}

function notesOf({ rules }: Metrics): string[] {
  if (!rules) return ["The rules of Prometheus were not searched, because it doesn't serve /api/v1/rules."];
  if (rules.open === 0) return [];
  return [`In ${countOf(rules.open, "rule")} of Prometheus, the query doesn't show all of its metrics.`];
}

function unreadNotes({ unread }: Uses): string[] {
  return unread === 0 ? [] : [`Not searched, because of their languages: ${countOf(unread, "query")}.`];
}

/** Adds the places of uses in files. */
async function placesIn({ directory }: LoadedConfig): Promise<(uses: readonly Use[]) => PlacedUse[]> {
  const { placesOf } = await import("../../lint/places.ts");
  const known = new Map<string, Place | undefined>();
  const keyOf = ({ address: own, path, spans: [span], text }: Use) => JSON.stringify([own, path, span, text]);
  return (uses) => {
    const asked = uses.filter((use) => use.file !== "" && !known.has(keyOf(use)));
    const located = asked.map(({ spans: [span], ...use }) => ({ ...use, ...(span ? { span } : {}) }));
    for (const [index, place] of placesOf(located, { directory, read: textOfFile }).entries()) {
      const use = asked[index];
      if (use) known.set(keyOf(use), place);
    }
    return uses.map((use) => {
      const place = known.get(keyOf(use));
      return place ? { ...use, place } : use;
    });
  };
}
