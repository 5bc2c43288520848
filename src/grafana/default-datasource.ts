import { z } from "zod";

const Settings = z.looseObject({
  defaultDatasource: z.string(),
  datasources: z.record(z.string(), z.looseObject({ uid: z.string().optional() })),
});

/** The datasource that panels ask which name none, as the front end's settings name it: one that these credentials may query. */
export function defaultDatasourceIn(settings: unknown): { readonly uid: string } | undefined {
  const { data } = Settings.safeParse(settings);
  // Where there is none it names Grafana's own.
  if (data === undefined || data.defaultDatasource.startsWith("-- ")) return undefined;
  const uid = data.datasources[data.defaultDatasource]?.uid;
  return uid === undefined || uid === "" ? undefined : { uid };
}
