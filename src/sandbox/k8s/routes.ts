import type { Context, Hono } from "hono";
import { callerOf } from "../access/caller.ts";
import { DecodeError } from "../errors.ts";
import { isObject, mergePatch, parseObject, text, type JsonObject } from "../json.ts";
import { jsonReply, readBody } from "../http.ts";
import { draftOf, type Draft } from "./metadata.ts";
import type { StoredObject } from "./objects.ts";
import { formOf, render, renderList, type Convert } from "./representation.ts";
import type { Resource } from "./resource.ts";
import { badRequest, deleted, failure, invalidPatch } from "./status.ts";

/** The API versions of a kind and its form in each. */
export interface Served {
  readonly resource: Resource;
  readonly versions: readonly string[];
  /** Versions that Grafana serves but the sandbox does not. */
  readonly missingVersions?: readonly string[];
  readonly convert: Convert;
  /** Parses the spec of a request, for kinds whose fields Grafana knows. Throws for a field of the wrong type. */
  readonly decode?: (spec: JsonObject, version: string) => JsonObject;
  /** The properties next to `spec` that the kind stores, as `Draft.more`. */
  readonly more?: (body: JsonObject) => string;
}

/** Adds the routes of a kind: list, get, create, update, patch and delete. */
export function addResourceRoutes(app: Hono, served: Served): void {
  const { resource } = served;
  const { group, plural } = resource.names;
  for (const version of served.versions) {
    const handlers = new Handlers(served, version);
    const path = `/apis/${group}/${version}/namespaces/:namespace/${plural}`;
    app.get(path, async (c) => handlers.list(c));
    app.post(path, async (c) => handlers.create(c));
    app.get(`${path}/:name`, (c) => handlers.get(c));
    app.put(`${path}/:name`, async (c) => handlers.put(c));
    app.patch(`${path}/:name`, async (c) => handlers.patch(c));
    app.delete(`${path}/:name`, async (c) => handlers.delete(c));
  }
  for (const version of served.missingVersions ?? []) {
    app.all(`/apis/${group}/${version}/*`, () => {
      const others = served.versions.map((one) => `${group}/${one}`).join(", ");
      throw failure(501, `the sandbox does not serve ${group}/${version}; it has ${others}`, "NotImplemented");
    });
  }
}

class Handlers {
  readonly #served: Served;
  readonly #version: string;

  constructor(served: Served, version: string) {
    this.#served = served;
    this.#version = version;
  }

  async list(c: Context): Promise<Response> {
    const { resource } = this.#served;
    checkNamespace(c);
    if (c.req.query("watch") === "true" || c.req.query("watch") === "1") {
      throw failure(501, "the sandbox does not serve watches", "NotImplemented");
    }
    const page = await resource.list(
      {
        limit: limitOf(c),
        continue: c.req.query("continue") ?? "",
        selector: c.req.query("labelSelector") ?? "",
        fieldSelector: c.req.query("fieldSelector") ?? "",
        bare: Object.keys(c.req.query()).length === 0,
      },
      callerOf(c),
    );
    const form = formOf(c.req.header("accept"));
    const items = page.objects.map((object) => this.#render(object, form));
    return jsonReply(200, renderList(resource.names, this.#version, items, page.metadata, form));
  }

  get(c: Context): Response {
    checkNamespace(c);
    return this.#reply(c, 200, this.#served.resource.get(nameOf(c), callerOf(c)));
  }

  async create(c: Context): Promise<Response> {
    const draft = this.#draft(c, await this.#body(c), "");
    return this.#reply(c, 201, await this.#served.resource.create(draft, { caller: callerOf(c), dryRun: isDryRun(c) }));
  }

  async put(c: Context): Promise<Response> {
    const name = nameOf(c);
    const draft = this.#draft(c, await this.#body(c), name);
    const { resource } = this.#served;
    const options = { caller: callerOf(c), dryRun: isDryRun(c), createMissing: resource.storage.createsByUpdate };
    const { object, created } = await resource.update(name, () => draft, options);
    return this.#reply(c, created ? 201 : 200, object);
  }

  async patch(c: Context): Promise<Response> {
    const name = nameOf(c);
    const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim();
    if (type !== "application/merge-patch+json") {
      throw failure(
        415,
        "the body of the request was in an unknown format - the sandbox accepts application/merge-patch+json",
        "UnsupportedMediaType",
      );
    }
    const patch = parseObject(await readBody(c));
    if (patch === undefined) throw badRequest("error decoding patch: not a JSON object");
    const build = (previous: StoredObject | undefined): Draft => {
      const current = previous === undefined ? {} : this.#current(previous);
      const merged = mergePatch(current, patch);
      try {
        return this.#draft(c, isObject(merged) ? merged : {}, name);
      } catch (error) {
        throw error instanceof DecodeError ? invalidPatch(error) : error;
      }
    };
    const { object } = await this.#served.resource.update(name, build, { caller: callerOf(c), dryRun: isDryRun(c) });
    return this.#reply(c, 200, object);
  }

  async delete(c: Context): Promise<Response> {
    checkNamespace(c);
    const { resource } = this.#served;
    const name = nameOf(c);
    const source = await readBody(c);
    const options = source.trim() === "" ? {} : parseObject(source);
    if (options === undefined) throw badRequest("couldn't get version/kind; json parse error");
    const sent = isObject(options["preconditions"]) ? options["preconditions"] : {};
    const preconditions = {
      ...(text(sent["uid"]) === "" ? {} : { uid: text(sent["uid"]) }),
      ...(text(sent["resourceVersion"]) === "" ? {} : { resourceVersion: text(sent["resourceVersion"]) }),
    };
    const bodyDryRun = Array.isArray(options["dryRun"]) && options["dryRun"].includes("All");
    const object = await resource.delete(name, {
      caller: callerOf(c),
      dryRun: isDryRun(c) || bodyDryRun,
      preconditions,
    });
    if (resource.storage.showsDeleted) return this.#reply(c, 200, object);
    return jsonReply(200, deleted(resource.names, name, object.metadata.uid));
  }

  async #body(c: Context): Promise<JsonObject> {
    const source = await readBody(c);
    const body = parseObject(source);
    if (body === undefined) {
      const { kind } = this.#served.resource.names;
      throw badRequest(
        `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error (${source.slice(0, 40)})`,
      );
    }
    return body;
  }

  #draft(c: Context, body: JsonObject, name: string): Draft {
    const draft = draftOf(this.#served.resource.names, this.#version, checkNamespace(c), body, name);
    const { decode, more } = this.#served;
    const others = more ? { more: more(body) } : {};
    return { ...draft, ...others, manager: managerOf(c), spec: decode?.(draft.spec, this.#version) ?? draft.spec };
  }

  /** The object as a client reads it, to which a patch is applied. */
  #current(object: StoredObject): JsonObject {
    return parseObject(this.#render(object, "object")) ?? {};
  }

  #render(object: StoredObject, form: ReturnType<typeof formOf>): string {
    return render(this.#served.resource.names, this.#version, object, this.#served.convert, form);
  }

  #reply(c: Context, status: number, object: StoredObject): Response {
    return jsonReply(status, this.#render(object, formOf(c.req.header("accept"))));
  }
}

/** The user agent up to its version. */
function managerOf(c: Context): string {
  return c.req.header("user-agent")?.split("/")[0] || "unknown";
}

function nameOf(c: Context): string {
  return c.req.param("name") ?? "";
}

function checkNamespace(c: Context): string {
  const namespace = c.req.param("namespace") ?? "";
  if (namespace !== "default") {
    throw failure(500, `namespace mismatch: the sandbox has only the namespace default, not ${namespace}`);
  }
  return namespace;
}

function limitOf(c: Context): number {
  const limit = c.req.query("limit") ?? "";
  if (limit !== "" && !/^\d+$/.test(limit)) throw badRequest(`invalid limit: ${limit}`);
  return Number(limit);
}

function isDryRun(c: Context): boolean {
  const values = c.req.queries("dryRun") ?? [];
  const other = values.find((value) => value !== "All" && value !== "");
  if (other !== undefined)
    throw failure(422, `dryRun: Unsupported value: "${other}": supported values: "All"`, "Invalid");
  return values.includes("All");
}
