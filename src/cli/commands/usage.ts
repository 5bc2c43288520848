import { readFileSync } from "node:fs";
import { address, type Desired } from "../../engine/model.ts";
import { kinds } from "../../kinds/index.ts";
import type { Place } from "../../lint/places.ts";
import type { Subject } from "../../lint/model.ts";
import { usageJson } from "../../report/usage-json.ts";
import { usageTable, usageText, type PlacedUse, type UsageResult } from "../../report/usage.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import type { LoadedConfig } from "../../code/config.ts";
import type { Use } from "../../usage/uses.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { listed } from "../../util/plural.ts";
import { readCode } from "../code.ts";
import { ioOf, type Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { NO_CODE, openSession } from "../session.ts";

export interface UsageCommandOptions extends CommonOptions {
  readonly live?: boolean;
}

/** Shows which resources use metrics, labels, variables and other resources. Connects to Grafana only with `--live`. */
export async function usage(names: readonly string[], options: UsageCommandOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const { desired, loadedConfig } = await readCode(options, io.errors);
  // The grammars are loaded only here.
  const { projectOf } = await import("../../lint/lint.ts");
  const { readQueries } = await import("../../lint/read-queries.ts");
  const { usesIn, labelsByMetric } = await import("../../usage/uses.ts");
  const { usageOf } = await import("../../usage/usage.ts");
  const settings = loadedConfig.config.lint ?? {};
  const { subjects } = projectOf(desired, kinds, settings);
  const live = options.live ? await readGrafana(desired, loadedConfig, options, io) : { subjects: [], notes: [] };
  const all = [...subjects, ...live.subjects];
  const queries = readQueries(all, settings.scrapeInterval);
  const uses = usesIn({ subjects: all, queries }, desired);
  const { usages, notUsed } = usageOf(uses, names, labelsByMetric(queries));
  const place = await placesIn(loadedConfig);
  const result: UsageResult = {
    usages: usages.map((one) => ({ ...one, uses: place(one.uses) })),
    notUsed,
    open: place(uses.open),
    notes: live.notes,
  };
  if (options.output === "json") io.result.stream.write(outgoing.redacted(usageJson(result, EXIT.done), "long"));
  else {
    const text = names.length === 0 ? usageTable(result, io.result) : usageText(result, io.result);
    io.result.stream.write(outgoing.redacted(text, "long"));
  }
  return EXIT.done;
}

/** The objects of Grafana that are not in the code. */
async function readGrafana(
  desired: readonly Desired[],
  loadedConfig: LoadedConfig,
  options: UsageCommandOptions,
  io: Io,
): Promise<{ readonly subjects: readonly Subject[]; readonly notes: readonly string[] }> {
  const { liveSubjects } = await import("../../usage/live.ts");
  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  try {
    const own = new Set(desired.map(address));
    const { subjects, unreadable } = await liveSubjects(session.context, kinds, io.progress.emit, (name) =>
      own.has(name),
    );
    const missing = [...unreadable].map(([kind, permission]) => `${kind} (${permission})`);
    const notes =
      missing.length === 0
        ? []
        : [`Not searched in Grafana, because the credentials lack permissions: ${listed(missing)}.`];
    return { subjects, notes };
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** Adds the places of uses in files. */
async function placesIn({ directory }: LoadedConfig): Promise<(uses: readonly Use[]) => PlacedUse[]> {
  const { placesOf } = await import("../../lint/places.ts");
  const known = new Map<string, Place | undefined>();
  const keyOf = ({ address: own, path, spans: [span], text }: Use) => JSON.stringify([own, path, span, text]);
  return (uses) => {
    const asked = uses.filter((use) => use.file !== "" && !known.has(keyOf(use)));
    const located = asked.map(({ spans: [span], ...use }) => ({ ...use, ...(span ? { span } : {}) }));
    for (const [index, place] of placesOf(located, { directory, read: textOf }).entries()) {
      const use = asked[index];
      if (use) known.set(keyOf(use), place);
    }
    return uses.map((use) => {
      const place = known.get(keyOf(use));
      return place ? { ...use, place } : use;
    });
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
