import { z } from "zod";

const Settings = z.looseObject({
  defaultDatasource: z.string(),
  datasources: z.record(z.string(), z.looseObject({ uid: z.string().optional(), type: z.string().optional() })),
});

export interface DefaultDatasource {
  readonly uid: string;
  /** `prometheus` */
  readonly type?: string;
}

/** The default datasource in the front-end settings, which list only datasources that the credentials can query. */
export function defaultDatasourceIn(settings: unknown): DefaultDatasource | undefined {
  const { data } = Settings.safeParse(settings);
  // Without a default, Grafana returns a built-in one: `-- Grafana --`.
  if (data === undefined || data.defaultDatasource.startsWith("-- ")) return undefined;
  const { uid, type } = data.datasources[data.defaultDatasource] ?? {};
  if (uid === undefined || uid === "") return undefined;
  return { uid, ...(type === undefined ? {} : { type }) };
}
