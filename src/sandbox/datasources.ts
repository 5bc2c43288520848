import type { AccessControl } from "./access/access-control.ts";
import { callerOf } from "./access/caller.ts";
import { datasourceScope } from "./access/evaluator.ts";
import type { Context } from "hono";
import { KeyedMutex } from "./concurrency.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { isUrlAccepted, typeLogo, typeName } from "./datasource-types.ts";
import { legacyError, SandboxDataError } from "./errors.ts";
import type { JsonFiles } from "./files.ts";
import { readObject, reply } from "./http.ts";
import { isObject, text, type JsonObject } from "./json.ts";
import { readSecretNames, writeSecretNames } from "./secret-names.ts";
import { shortId, stringsOf, type Strings } from "./k8s/metadata.ts";

/** A data source without its secrets. */
export interface Datasource {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly access: string;
  readonly url: string;
  readonly user: string;
  readonly database: string;
  readonly basicAuth: boolean;
  readonly basicAuthUser: string;
  readonly withCredentials: boolean;
  readonly isDefault: boolean;
  readonly jsonData: JsonObject;
  readonly version: number;
  readonly apiVersion: string;
}

/** The data sources. The values of secrets are only in memory. */
export class Datasources {
  readonly #files: JsonFiles;
  readonly #secretFiles: JsonFiles;
  readonly #counterFiles: JsonFiles;
  readonly #byUid = new Map<string, Datasource>();
  #secrets = new Map<string, Strings>();
  readonly #mutex = new KeyedMutex();
  #lastId = 0;

  constructor(context: SandboxContext) {
    this.#files = context.files("datasources");
    this.#secretFiles = context.files("secrets", 0o600);
    this.#counterFiles = context.files("counters");
  }

  async load(): Promise<void> {
    for await (const { file, value } of this.#files.load()) {
      const datasource = fromJson(value);
      if (datasource.uid === "" || datasource.id === 0) throw new SandboxDataError(file, "not a data source");
      this.#byUid.set(datasource.uid, datasource);
      this.#lastId = Math.max(this.#lastId, datasource.id);
    }
    this.#secrets = await readSecretNames(this.#secretFiles, (uid) => this.#byUid.has(uid));
    for await (const { value } of this.#counterFiles.load()) {
      this.#lastId = Math.max(this.#lastId, Number(value["datasource"] ?? 0));
    }
  }

  all(): Datasource[] {
    return [...this.#byUid.values()].toSorted((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  has(uid: string): boolean {
    return this.#byUid.has(uid);
  }

  get(uid: string): Datasource {
    const datasource = this.#byUid.get(uid);
    if (datasource === undefined) throw legacyError(404, "Data source not found");
    return datasource;
  }

  secretKeys(uid: string): string[] {
    return Object.keys(this.#secrets.get(uid) ?? {});
  }

  async create(sent: JsonObject): Promise<Datasource> {
    return this.#exclusively(async () => {
      const all = this.all();
      const type = text(sent["type"]);
      const name = text(sent["name"]) || availableName(type, all);
      if (all.some((other) => other.name === name)) {
        throw legacyError(409, "data source with the same name already exists");
      }
      const uid = text(sent["uid"]) || shortId();
      if (!/^[a-zA-Z0-9_-]{1,40}$/.test(uid)) {
        throw legacyError(400, "Invalid datasource UID.", { statusCode: 400, messageId: "datasource.uidInvalid" });
      }
      if (this.#byUid.has(uid)) throw legacyError(409, "data source with the same uid already exists");
      this.#lastId += 1;
      // Ids are never reused, even after a deletion.
      await this.#counterFiles.write("counters", JSON.stringify({ datasource: this.#lastId }));
      const created: Datasource = {
        ...fromJson(sent),
        id: this.#lastId,
        uid,
        name,
        version: 1,
        isDefault: sent["isDefault"] === true || all.length === 0,
      };
      await this.#store(created, secretsOf(sent));
      return created;
    });
  }

  async update(uid: string, sent: JsonObject): Promise<Datasource> {
    return this.#exclusively(async () => {
      const before = this.get(uid);
      const sentUid = text(sent["uid"]);
      if (sentUid !== "" && sentUid !== uid) throw legacyError(500, "Failed to update datasource");
      const name = text(sent["name"]);
      if (name !== before.name && this.all().some((other) => other.name === name)) {
        throw legacyError(409, "Failed to update datasource: data source with the same name already exists");
      }
      const version = typeof sent["version"] === "number" ? sent["version"] : 0;
      if (version !== 0 && version < before.version) {
        throw legacyError(409, "Datasource has already been updated by someone else. Please reload and try again");
      }
      const after = fromJson(sent);
      const updated: Datasource = {
        ...after,
        id: before.id,
        uid,
        // Without a version in the request, Grafana restarts the count.
        version: version + 1,
        // Grafana does not write empty strings here, so these fields can't be cleared.
        url: after.url || before.url,
        basicAuthUser: after.basicAuthUser || before.basicAuthUser,
      };
      await this.#store(updated, { ...this.#secrets.get(uid), ...secretsOf(sent) });
      return updated;
    });
  }

  async delete(uid: string): Promise<Datasource> {
    return this.#exclusively(async () => {
      const datasource = this.get(uid);
      await this.#secretFiles.remove(uid);
      await this.#files.remove(uid);
      this.#secrets.delete(uid);
      this.#byUid.delete(uid);
      return datasource;
    });
  }

  /** One write at a time, because names are unique and exactly one data source is the default. */
  async #exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#mutex.run("", task);
  }

  async #store(datasource: Datasource, secrets: Strings): Promise<void> {
    const { uid } = datasource;
    const kept = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== ""));
    // Secrets first: if the process is killed in between, a secrets file without data source is ignored, but a data source without secrets would lose them.
    if (Object.keys(kept).length === 0) await this.#secretFiles.remove(uid);
    else await writeSecretNames(this.#secretFiles, uid, kept);
    await this.#files.write(uid, JSON.stringify(datasource));
    this.#secrets.set(uid, kept);
    this.#byUid.set(uid, datasource);
    if (!datasource.isDefault) return;
    for (const other of this.all()) {
      if (other.uid === uid || !other.isDefault) continue;
      const changed = { ...other, isDefault: false };
      await this.#files.write(other.uid, JSON.stringify(changed));
      this.#byUid.set(other.uid, changed);
    }
  }
}

export async function openDatasources(context: SandboxContext): Promise<Datasources> {
  const datasources = new Datasources(context);
  await datasources.load();
  return datasources;
}

export function datasourceRoutes(datasources: Datasources, access: AccessControl): Routes {
  return (app) => {
    app.get("/api/datasources", (c) => {
      const caller = callerOf(c);
      const seen = datasources.all().filter(({ uid }) => access.can(caller, "datasources:read", datasourceScope(uid)));
      return reply(200, seen.map(listItem));
    });
    app.post("/api/datasources", async (c) => {
      const sent = await readCommand(c, ["type", "access"]);
      const url = text(sent["url"]);
      if (url !== "" && !isUrlAccepted(text(sent["type"]), url)) throw badUrl();
      return written("Datasource added", datasources, await datasources.create(sent));
    });
    app.get("/api/datasources/uid/:uid", (c) => reply(200, body(datasources, datasources.get(uidOf(c)))));
    app.put("/api/datasources/uid/:uid", async (c) => {
      const sent = await readCommand(c, ["name", "type", "access"]);
      if (!isUrlAccepted(text(sent["type"]), text(sent["url"]))) throw badUrl();
      return written("Datasource updated", datasources, await datasources.update(uidOf(c), sent));
    });
    app.delete("/api/datasources/uid/:uid", async (c) => {
      const { id } = await datasources.delete(uidOf(c));
      return reply(200, { id, message: "Data source deleted" });
    });
    app.get("/api/datasources/uid/:uid/health", (c) => {
      if (!datasources.has(uidOf(c))) throw legacyError(500, "Unable to load datasource metadata");
      return reply(200, { message: "The sandbox contacts no data source", status: "OK" });
    });
  };
}

function uidOf(c: Context): string {
  return c.req.param("uid") ?? "";
}

async function readCommand(c: Context, required: string[]): Promise<JsonObject> {
  const sent = await readObject(c);
  const jsonData = sent["jsonData"] ?? {};
  const valid = required.every((field) => text(sent[field]) !== "") && isObject(jsonData) && hasTextSecrets(sent);
  if (!valid) throw legacyError(400, "bad request data");
  return sent;
}

function hasTextSecrets(sent: JsonObject): boolean {
  const secrets = sent["secureJsonData"] ?? {};
  return isObject(secrets) && Object.values(secrets).every((value) => typeof value === "string");
}

function badUrl(): Error {
  return legacyError(400, "Validation error, invalid URL");
}

function secretsOf(sent: JsonObject): Strings {
  return stringsOf(sent["secureJsonData"], "secureJsonData");
}

function fromJson(value: JsonObject): Datasource {
  return {
    id: typeof value["id"] === "number" ? value["id"] : 0,
    uid: text(value["uid"]),
    name: text(value["name"]),
    type: text(value["type"]),
    access: text(value["access"]),
    url: text(value["url"]),
    user: text(value["user"]),
    database: text(value["database"]),
    basicAuth: value["basicAuth"] === true,
    basicAuthUser: text(value["basicAuthUser"]),
    withCredentials: value["withCredentials"] === true,
    isDefault: value["isDefault"] === true,
    jsonData: isObject(value["jsonData"]) ? value["jsonData"] : {},
    version: typeof value["version"] === "number" ? value["version"] : 1,
    apiVersion: text(value["apiVersion"]),
  };
}

function availableName(type: string, all: readonly Datasource[]): string {
  const taken = new Set(all.map((datasource) => datasource.name.toLowerCase()));
  let name = type;
  for (let number = 1; taken.has(name.toLowerCase()); number += 1) name = `${type}-${number}`;
  return name;
}

function shared(datasource: Datasource): JsonObject {
  return {
    id: datasource.id,
    uid: datasource.uid,
    orgId: 1,
    name: datasource.name,
    type: datasource.type,
    typeLogoUrl: typeLogo(datasource.type),
    access: datasource.access,
    url: datasource.url,
    user: datasource.user,
    database: datasource.database,
    basicAuth: datasource.basicAuth,
    isDefault: datasource.isDefault,
    jsonData: datasource.jsonData,
    readOnly: false,
  };
}

function listItem(datasource: Datasource): JsonObject {
  return { ...shared(datasource), typeName: typeName(datasource.type) };
}

function body(datasources: Datasources, datasource: Datasource): JsonObject {
  const { basicAuthUser, withCredentials, version, apiVersion } = datasource;
  const keys = datasources.secretKeys(datasource.uid);
  const secureJsonFields = Object.fromEntries(keys.map((key) => [key, true]));
  return { ...shared(datasource), basicAuthUser, withCredentials, secureJsonFields, version, apiVersion };
}

function written(message: string, datasources: Datasources, datasource: Datasource): Response {
  const { id, name } = datasource;
  return reply(200, { datasource: body(datasources, datasource), id, message, name });
}
