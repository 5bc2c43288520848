import type { Context } from "hono";
import type { Routes, SandboxContext } from "./context.ts";
import type { Datasources } from "./datasources.ts";
import { legacyError, SandboxDataError } from "./errors.ts";
import type { JsonFiles } from "./files.ts";
import { readObject, reply } from "./http.ts";
import { isObject, text, type JsonObject } from "./json.ts";
import { shortId } from "./k8s/metadata.ts";

/** Links from the results of one data source to another one, or to a URL. */
export class Correlations {
  readonly #files: JsonFiles;
  readonly #byUid = new Map<string, JsonObject>();

  constructor(context: SandboxContext) {
    this.#files = context.files("correlations");
  }

  async load(): Promise<void> {
    for await (const { file, value } of this.#files.load()) {
      const uid = text(value["uid"]);
      if (uid === "") throw new SandboxDataError(file, "not a correlation");
      this.#byUid.set(uid, value);
    }
  }

  all(): JsonObject[] {
    return [...this.#byUid.values()];
  }

  find(source: string, uid: string): JsonObject {
    const found = this.#byUid.get(uid);
    if (found?.["sourceUID"] !== source) throw legacyError(404, "Correlation not found");
    return found;
  }

  async store(correlation: JsonObject): Promise<JsonObject> {
    const uid = text(correlation["uid"]);
    await this.#files.write(uid, JSON.stringify(correlation));
    this.#byUid.set(uid, correlation);
    return correlation;
  }

  async remove({ uid }: JsonObject): Promise<void> {
    await this.#files.remove(text(uid));
    this.#byUid.delete(text(uid));
  }

  /** Grafana deletes the correlations from and to a deleted data source. */
  async removeOf(datasource: string): Promise<void> {
    for (const one of this.all())
      if (one["sourceUID"] === datasource || one["targetUID"] === datasource) await this.remove(one);
  }
}

export async function openCorrelations(context: SandboxContext): Promise<Correlations> {
  const correlations = new Correlations(context);
  await correlations.load();
  return correlations;
}

/** Must come before the routes of data sources. */
export function correlationRoutes(correlations: Correlations, datasources: Datasources): Routes {
  const ofSource = "/api/datasources/uid/:source/correlations";
  return (app) => {
    app.get("/api/datasources/correlations", (c) => {
      const [limit, page] = [numberIn(c, "limit", 100), numberIn(c, "page", 1)];
      const all = correlations.all();
      const shown = all.slice((page - 1) * limit, page * limit);
      return reply(200, { correlations: shown, totalCount: all.length, page, limit });
    });
    app.get(ofSource, (c) => {
      const { uid } = datasources.get(sourceOf(c));
      return reply(
        200,
        correlations.all().filter(({ sourceUID }) => sourceUID === uid),
      );
    });
    app.post(ofSource, async (c) => {
      const sent = await readObject(c);
      const target = text(sent["targetUID"]);
      for (const uid of [sourceOf(c), ...(target === "" ? [] : [target])]) datasources.get(uid);
      const result = await correlations.store({
        uid: shortId(),
        sourceUID: sourceOf(c),
        orgId: 1,
        targetUID: target === "" ? null : target,
        label: text(sent["label"]),
        description: text(sent["description"]),
        config: configOf(sent["config"]),
        provisioned: false,
        type: text(sent["type"]),
      });
      return reply(200, { result, message: "Correlation created" });
    });
    app.patch(`${ofSource}/:uid`, async (c) => {
      const found = correlations.find(sourceOf(c), c.req.param("uid") ?? "");
      const sent = await readObject(c);
      const texts = ["label", "description", "type"].flatMap((key) => (key in sent ? [[key, text(sent[key])]] : []));
      const config = "config" in sent ? { config: configOf(sent["config"]) } : {};
      const result = await correlations.store({ ...found, ...Object.fromEntries(texts), ...config });
      return reply(200, { result, message: "Correlation updated" });
    });
    app.delete(`${ofSource}/:uid`, async (c) => {
      await correlations.remove(correlations.find(sourceOf(c), c.req.param("uid") ?? ""));
      return reply(200, { message: "Correlation deleted" });
    });
    app.delete("/api/datasources/uid/:source", async (c, next) => {
      await next();
      if (c.res.status === 200) await correlations.removeOf(sourceOf(c));
    });
  };
}

function sourceOf(c: Context): string {
  return c.req.param("source") ?? "";
}

function numberIn(c: Context, name: string, otherwise: number): number {
  const number = Number(c.req.query(name));
  return Number.isInteger(number) && number > 0 ? number : otherwise;
}

function configOf(sent: unknown): JsonObject {
  const { field, target, transformations } = isObject(sent) ? sent : {};
  const rest = Array.isArray(transformations) && transformations.length > 0 ? { transformations } : {};
  return { field: text(field), target: isObject(target) ? target : {}, ...rest };
}
