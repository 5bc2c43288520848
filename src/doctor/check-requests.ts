import type { Client, Request } from "../grafana/client.ts";
import { Forbidden, GrafanaError, NotAuthenticated } from "../grafana/errors.ts";
import { isObject, type JsonObject } from "../util/json.ts";
import type { TemporaryFolder } from "../review/screenshots/temporary-folder.ts";

export const DASHBOARDS = "dashboard.grafana.app";
export const FOLDERS = "folder.grafana.app";

/** Grafana doesn't serve an API version. Its absence is the result of another check. */
export class NotServed extends Error {}

/** A response: its body, or the status of an error. */
export type Answer =
  { readonly body: JsonObject; readonly status?: undefined } | { readonly body?: undefined; readonly status: number };

/** A dashboard of a check. */
export interface CreatedDashboard {
  readonly name: string;
  /** As Grafana answered the creation. */
  readonly created: JsonObject;
}

/** Sends the requests of checks. Everything that it creates is in a temporary folder. */
export class CheckRequests {
  readonly folder: string;
  readonly #client: Client;
  readonly #namespace: string;
  readonly #temporary: TemporaryFolder;
  /** The versions that Grafana serves, by API group. */
  readonly #versions: ReadonlyMap<string, readonly string[]>;
  readonly #annotations = new Map<string, Readonly<Record<string, string>>>();

  constructor(options: {
    readonly client: Client;
    readonly namespace: string;
    readonly temporary: TemporaryFolder;
    readonly versions: ReadonlyMap<string, readonly string[]>;
  }) {
    this.#client = options.client;
    this.#namespace = options.namespace;
    this.#temporary = options.temporary;
    this.#versions = options.versions;
    this.folder = options.temporary.uid;
  }

  /** The served ones of these versions. */
  served(group: string, wanted: readonly string[]): string[] {
    return wanted.filter((version) => this.#versions.get(group)?.includes(version));
  }

  /** The path of dashboards, or of one. Throws `NotServed` if Grafana doesn't serve the version. */
  path(version: string, name?: string, query = ""): string {
    if (this.served(DASHBOARDS, [version]).length === 0) throw new NotServed(`${DASHBOARDS}/${version} is not served`);
    const one = name === undefined ? "" : `/${name}`;
    return `/apis/${DASHBOARDS}/${version}/namespaces/${this.#namespace}/dashboards${one}${query}`;
  }

  /** The path of folders, or of one. */
  folderPath(name?: string): string {
    const one = name === undefined ? "" : `/${name}`;
    return `/apis/${FOLDERS}/v1beta1/namespaces/${this.#namespace}/folders${one}`;
  }

  /** Throws only errors that have no status, and those of the credentials. */
  async send(request: Request): Promise<Answer> {
    try {
      const body = await this.#client.send(request);
      return { body: isObject(body) ? body : {} };
    } catch (error) {
      const isAnswer = error instanceof GrafanaError && error.status !== undefined;
      if (!isAnswer || error instanceof NotAuthenticated || error instanceof Forbidden) throw error;
      return { status: error.status ?? 0 };
    }
  }

  /** The body of the response. Throws the error of Grafana. */
  async must(request: Request): Promise<JsonObject> {
    const body = await this.#client.send(request);
    return isObject(body) ? body : {};
  }

  /** The body of a write, with the annotations by which the temporary folder is cleaned up. */
  body(version: string, name: string, spec: JsonObject, more: Readonly<Record<string, string>> = {}): JsonObject {
    const annotations = { ...this.#annotations.get(name), ...more };
    return { apiVersion: `${DASHBOARDS}/${version}`, kind: "Dashboard", metadata: { name, annotations }, spec };
  }

  /** Reserves the name of a dashboard. */
  name(): string {
    const { name, annotations } = this.#temporary.reserve();
    this.#annotations.set(name, annotations);
    return name;
  }

  async create(
    version: string,
    spec: JsonObject,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<CreatedDashboard> {
    const path = this.path(version, undefined, LENIENT);
    const name = this.name();
    const created = await this.must({ method: "POST", path, body: this.body(version, name, spec, annotations) });
    return { name, created };
  }

  async update(version: string, name: string, spec: JsonObject): Promise<JsonObject> {
    const path = this.path(version, name, LENIENT);
    return this.must({ method: "PUT", path, body: this.body(version, name, spec) });
  }

  async read(version: string, name: string): Promise<JsonObject> {
    return this.must({ method: "GET", path: this.path(version, name) });
  }

  /** Deletes the dashboards that a check created. The folder's own cleanup doesn't delete one that lost its annotations. */
  async cleanUp(): Promise<void> {
    const [version] = this.#versions.get(DASHBOARDS) ?? [];
    if (version === undefined) return;
    for (const name of this.#annotations.keys()) {
      await this.send({ method: "DELETE", path: this.path(version, name), repeatable: true });
    }
  }
}

/** As in every write of the tool. */
export const LENIENT = "?fieldValidation=Ignore";
