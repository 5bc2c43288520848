import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import { ask } from "../../grafana/ask.ts";
import { GrafanaError, HalfDone } from "../../grafana/errors.ts";
import { textOf } from "../../util/json.ts";
import { fieldsOf, readBody } from "./body.ts";
import type { LiveDatasource } from "./live.ts";
import { MARK, type markOf } from "./mark.ts";

interface Saving {
  readonly live: LiveDatasource | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isDefault: boolean;
  /** Whether the datasource may become the default because it is the first one. */
  readonly firstMayBeDefault: boolean;
  readonly secrets: Readonly<Record<string, unknown>>;
  /** With the version after the write. */
  readonly jsonData: (version: number) => object;
}

export async function saveDatasource(
  context: KindContext,
  { live, fields, isDefault, firstMayBeDefault, secrets, jsonData }: Saving,
): Promise<void> {
  const { client } = context.grafana;
  const id = textOf(fields["uid"]);
  const body = (version: number) => ({
    access: "proxy",
    ...fields,
    isDefault,
    ...(Object.keys(secrets).length > 0 ? { secureJsonData: secrets } : {}),
    jsonData: jsonData(version + 1),
    version,
  });
  const path = `/api/datasources/uid/${id}`;
  if (live) {
    await ask(client, { method: "PUT", path, body: body(live.body.version) }, Written);
    return;
  }
  await ask(client, { method: "POST", path: "/api/datasources", body: body(0) }, Written);
  // Grafana makes the first datasource the default, even if the request does not.
  if (isDefault || firstMayBeDefault) return;
  try {
    const made = await readBody(client, id);
    if (made?.isDefault) await ask(client, { method: "PUT", path, body: body(1) }, Written);
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    throw new HalfDone(`${error.message} (after datasource/${id} was created, which Grafana made the default)`, {
      exitCode: error.exitCode,
      hint: "Run the command again to continue.",
    });
  }
}

/** Writes a body as Grafana returned it, with this mark; undefined: without one. Grafana keeps secrets that a request omits. */
export function saveBody(
  context: KindContext,
  live: LiveDatasource,
  body: LiveDatasource["body"],
  markAt: (version: number) => ReturnType<typeof markOf> | undefined,
): Promise<void> {
  return saveDatasource(context, {
    live,
    fields: fieldsOf(body),
    isDefault: body.isDefault,
    firstMayBeDefault: false,
    secrets: {},
    jsonData(version) {
      const mark = markAt(version);
      return { ...body.jsonData, ...(mark === undefined ? {} : { [MARK]: mark }) };
    },
  });
}

/** The response to a write. */
const Written = z.looseObject({ datasource: z.looseObject({ uid: z.string() }) });
