import { z } from "zod";

const Settings = z.looseObject({
  defaultDatasource: z.string(),
  datasources: z.record(z.string(), z.looseObject({ uid: z.string().optional() })),
});

/** The default datasource in the front-end settings, which list only datasources that the credentials can query. */
export function defaultDatasourceIn(settings: unknown): { readonly uid: string } | undefined {
  const { data } = Settings.safeParse(settings);
  // Without a default, Grafana returns a built-in one: `-- Grafana --`.
  if (data === undefined || data.defaultDatasource.startsWith("-- ")) return undefined;
  const uid = data.datasources[data.defaultDatasource]?.uid;
  return uid === undefined || uid === "" ? undefined : { uid };
}
