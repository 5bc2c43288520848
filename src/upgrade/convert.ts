import { z } from "zod";
import type { ConvertedContent } from "../engine/upgrade.ts";
import { ask } from "../grafana/ask.ts";
import { ApiGroups, type GrafanaConnection } from "../grafana/connection.ts";
import { UnsupportedGrafana } from "../grafana/errors.ts";
import {
  findLeftovers,
  makeTemporaryFolder,
  removeLeftovers,
  type Purpose,
} from "../review/screenshots/temporary-folder.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { JsonObject } from "../util/json.ts";

const GROUP = "dashboard.grafana.app";

/** `v2` has another shape and was not tried on a server. */
const VERSIONS = ["v2beta1", "v2"];

const PURPOSE: Purpose = { title: "conversion to schema v2", command: "upgrade" };

const Answer = z.object({
  spec: z.record(z.string(), z.unknown()).nullable(),
  status: z
    .object({ conversion: z.object({ failed: z.boolean().optional(), error: z.string().optional() }).optional() })
    .optional(),
});

/** Converts one dashboard. */
export type Convert = (content: JsonObject) => Promise<ConvertedContent>;

interface ConversionOptions {
  readonly grafana: GrafanaConnection;
  readonly owner: string;
  /** The user and host of this run, shown in the temporary folder. */
  readonly who: string;
  readonly signal: AbortSignal;
}

/**
 * Lets Grafana convert classic dashboards: writes each to a temporary folder, reads it in schema v2, and deletes the folder.
 * A dry run can't do this, because it answers in the schema of the request. `convert` is called with the function that converts
 * one. Returns notes about what could not be deleted.
 */
export async function withConversion(
  { grafana, owner, who, signal }: ConversionOptions,
  convert: (one: Convert) => Promise<void>,
): Promise<string[]> {
  const { client, namespace } = grafana;
  const { groups } = await ask(client, { method: "GET", path: "/apis" }, ApiGroups);
  const served = groups.find(({ name }) => name === GROUP)?.versions.map(({ version }) => version) ?? [];
  const version = VERSIONS.find((one) => served.includes(one));
  if (version === undefined || namespace === undefined || !grafana.marks) throw notSupported(version);
  const notes = await removeLeftovers(grafana, await findLeftovers(grafana, owner), {}, signal);
  const temporary = await makeTemporaryFolder(grafana, { owner, who, purpose: PURPOSE });
  try {
    await convert(async (content) => {
      signal.throwIfAborted();
      temporary.lost.throwIfAborted();
      const name = await temporary.put(content);
      const path = `/apis/${GROUP}/${version}/namespaces/${namespace}/dashboards/${name}`;
      const { spec, status } = await ask(client, { method: "GET", path }, Answer);
      const { failed = false, error = "without a reason" } = status?.conversion ?? {};
      if (failed || spec === null) throw notConverted(error);
      return { apiVersion: `${GROUP}/${version}`, spec: spec as JsonObject };
    });
  } finally {
    notes.push(...(await temporary.remove()));
  }
  return notes;
}

function notSupported(version: string | undefined): UnsupportedGrafana {
  const what = version === undefined ? "doesn't serve schema v2" : "stores dashboards in SQL tables";
  return new UnsupportedGrafana(`This Grafana ${what}, so it can't convert dashboards`, {
    exitCode: EXIT.unsupportedGrafana,
    hint: "Use Grafana 12.4 or later with unified storage.",
  });
}

function notConverted(why: string): ProvisionError {
  return new ProvisionError(`Grafana can't convert the dashboard to schema v2: ${why}`, {
    exitCode: EXIT.failure,
    code: "upgrade-conversion-failed",
    hint: "Apply the dashboard, save it in Grafana's UI, and export it in schema v2.",
  });
}
