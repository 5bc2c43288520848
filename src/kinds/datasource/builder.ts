import type { Secret } from "../../secrets/secret.ts";

/** How panels, variables and annotations name a datasource: `{ type, uid }`. */
export interface DatasourceRef {
  readonly type?: string;
  readonly uid: string;
}

/** A datasource that Grafana has and the code doesn't manage: made by `existing.datasource(uid)`. */
export interface ExistingDatasource {
  readonly kind: "datasource";
  readonly uid: string;
  readonly existing: true;
  readonly ref: DatasourceRef;
}

/** A datasource. What is left out is what Grafana takes by default; `isDefault` left out is left as it is. */
export interface Datasource {
  readonly kind: "datasource";
  readonly name: string;
  /** The plugin's id: `prometheus`, `loki`, `jaeger`. */
  readonly type: string;
  /** Letters, digits, `-` and `_`, 40 at most. Default: derived from the project and the name. */
  readonly uid?: string;
  readonly url?: string;
  /** `proxy` (the default): Grafana's server asks the datasource; `direct`: the browser does. */
  readonly access?: "proxy" | "direct";
  readonly isDefault?: boolean;
  readonly user?: string;
  readonly database?: string;
  readonly basicAuth?: boolean;
  readonly basicAuthUser?: string;
  readonly withCredentials?: boolean;
  /** The plugin's settings, as its documentation names them. Every viewer can read them: no secrets here. */
  readonly jsonData?: Readonly<Record<string, unknown>>;
  /** The plugin's secrets: `{ basicAuthPassword: secret(env("PROMETHEUS_PASSWORD")) }`. */
  readonly secureJsonData?: Readonly<Record<string, Secret>>;
}

/** What `datasource()` takes. */
export interface DatasourceOptions extends Omit<Datasource, "kind" | "jsonData"> {
  readonly uid: string;
  /** A function where datasources name each other: it runs when their files are loaded, all of them. */
  readonly jsonData?: Datasource["jsonData"] | (() => NonNullable<Datasource["jsonData"]>);
}

/**
 * Declares a datasource. Its `ref` is what panels take, its `uid` what the settings of other datasources take:
 *
 * @example
 * export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "http://prometheus:9090" });
 * new PanelBuilder().datasource(prometheus.ref)
 * @example
 * // jaeger.ts imports loki.ts, and loki.ts imports jaeger.ts: neither is there yet when the other is read.
 * datasource({ uid: "loki", …, jsonData: (): LokiJsonData => ({ derivedFields: [{ …, datasourceUid: jaeger.uid }] }) })
 */
export function datasource(
  options: DatasourceOptions,
): Datasource & { readonly uid: string; readonly ref: DatasourceRef } {
  const { jsonData, ...fields } = options;
  const made = { kind: "datasource" as const, ...fields, ...(typeof jsonData === "object" ? { jsonData } : {}) };
  if (typeof jsonData === "function") {
    let settings: Datasource["jsonData"];
    Object.defineProperty(made, "jsonData", { enumerable: true, get: () => (settings ??= jsonData()) });
  }
  // Not enumerable: a spread makes another datasource, which must not carry this one's ref.
  return Object.defineProperty(made, "ref", {
    value: { type: options.type, uid: options.uid },
  }) as typeof made & { readonly ref: DatasourceRef };
}
