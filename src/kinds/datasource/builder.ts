import type { Secret } from "../../secrets/secret.ts";

/** The reference in panels, variables and annotations: `{ type, uid }`. */
export interface DatasourceRef {
  readonly type?: string;
  readonly uid: string;
}

/** The reference in dashboards in schema v2, where `name` is the uid. */
export interface DatasourceRefV2 {
  readonly name: string;
}

/** A reference to a datasource, by its uid: the result of `existing.datasource(uid)`. */
export interface ExistingDatasource {
  readonly kind: "datasource";
  readonly uid: string;
  readonly existing: true;
  readonly ref: DatasourceRef;
  /** The reference in dashboards in schema v2. */
  readonly refV2: DatasourceRefV2;
}

/**
 * A datasource. Omitted properties have Grafana's defaults, except `isDefault`: if it is omitted, the tool doesn't change it.
 */
export interface Datasource {
  readonly kind: "datasource";
  readonly name: string;
  /** The plugin's id: `prometheus`, `loki`, `jaeger`. */
  readonly type: string;
  /** Letters, digits, `-` and `_`, at most 40. `datasource()` requires it. In a plain object, it can be omitted: the tool then derives it from the project and the name. */
  readonly uid?: string;
  readonly url?: string;
  /** `proxy` (the default): Grafana's server sends the queries. `direct`: the browser does. */
  readonly access?: "proxy" | "direct";
  readonly isDefault?: boolean;
  readonly user?: string;
  readonly database?: string;
  readonly basicAuth?: boolean;
  readonly basicAuthUser?: string;
  readonly withCredentials?: boolean;
  /** The settings in the plugin's documentation. All viewers can read them, so they must not contain secrets. */
  readonly jsonData?: Readonly<Record<string, unknown>>;
  /** The plugin's secrets: `{ basicAuthPassword: secret(env("PROMETHEUS_PASSWORD")) }`. */
  readonly secureJsonData?: Readonly<Record<string, Secret>>;
}

/** The argument of `datasource()`. */
export interface DatasourceOptions extends Omit<Datasource, "kind" | "jsonData"> {
  /** Letters, digits, `-` and `_`, at most 40. Required, because `ref` contains it. */
  readonly uid: string;
  /** Use a function for datasources that refer to each other: it is called when all files are loaded. */
  readonly jsonData?: Datasource["jsonData"] | (() => NonNullable<Datasource["jsonData"]>);
}

/**
 * Defines a datasource. Use its `ref` in panels (`refV2` in dashboards in schema v2), and its `uid` in the settings of other
 * datasources.
 *
 * @example
 * export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "http://prometheus:9090" });
 * new PanelBuilder().datasource(prometheus.ref)
 * @example
 * // loki.ts and jaeger.ts import each other. The function is called when both are loaded.
 * export const loki = datasource({
 *   uid: "loki",
 *   name: "Loki",
 *   type: "loki",
 *   jsonData: (): LokiJsonData => ({
 *     derivedFields: [{ name: "trace", matcherRegex: "trace_id=(\\w+)", datasourceUid: jaeger.uid }],
 *   }),
 * });
 */
export function datasource(
  options: DatasourceOptions,
): Datasource & { readonly uid: string; readonly ref: DatasourceRef; readonly refV2: DatasourceRefV2 } {
  const { jsonData, ...fields } = options;
  const made = { kind: "datasource" as const, ...fields, ...(typeof jsonData === "object" ? { jsonData } : {}) };
  if (typeof jsonData === "function") {
    let settings: Datasource["jsonData"];
    Object.defineProperty(made, "jsonData", { enumerable: true, get: () => (settings ??= jsonData()) });
  }
  // Not enumerable: a copy by spread is another datasource, which must not have this one's references.
  return Object.defineProperties(made, {
    ref: { value: { type: options.type, uid: options.uid } },
    refV2: { value: { name: options.uid } },
  }) as typeof made & { readonly ref: DatasourceRef; readonly refV2: DatasourceRefV2 };
}
