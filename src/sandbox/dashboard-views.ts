import { datasourceVariablesAsObjects, normalizeDashboard } from "./dashboard-defaults.ts";
import { isMigrated } from "./dashboard-migrations.ts";
import type { Datasources } from "./datasources.ts";
import { parseObject, sortedJson, type JsonObject } from "./json.ts";
import { conversionStatus, type StoredObject } from "./k8s/objects.ts";
import type { Convert, View } from "./k8s/representation.ts";
import type { LibraryPanels } from "./library-panels/store.ts";
import { dashboardNames } from "./names.ts";
import type { Surroundings } from "./schema-v2/datasources.ts";
import { CannotConvert } from "./schema-v2/errors.ts";
import { fromClassic } from "./schema-v2/from-classic.ts";
import { toClassic } from "./schema-v2/to-classic.ts";

export function isSchemaV2(version: string): boolean {
  return version.startsWith("v2");
}

/**
 * Dashboards in an API version: classic JSON as stored or normalized, and schema v2. One that is stored as v0alpha1 is
 * normalized at each read as v1beta1.
 */
export function dashboardViews(datasources: Datasources, libraryPanels: LibraryPanels): Convert {
  const surroundings: Surroundings = {
    defaultType: () => datasources.all().find(({ isDefault }) => isDefault)?.type,
    typeOf: (uid) => (datasources.has(uid) ? datasources.get(uid).type : undefined),
    libraryPanel: (uid) => libraryPanels.get(uid)?.model,
  };
  return (object, version) => {
    if (object.version === version) return { spec: object.spec, status: object.status ?? "{}" };
    const spec = parseObject(object.spec) ?? {};
    if (isSchemaV2(object.version)) return converted(object, () => toClassic(spec));
    if (version === "v0alpha1") return { spec: object.spec, status: conversionStatus(object.version) };
    normalizeDashboard(spec);
    if (isSchemaV2(version)) return converted(object, () => inV2(spec, surroundings));
    datasourceVariablesAsObjects(spec);
    return { spec: sortedJson(spec), status: conversionStatus(object.version) };
  };
}

function inV2(spec: JsonObject, surroundings: Surroundings): JsonObject {
  if (isMigrated(spec)) return fromClassic(spec, surroundings);
  const version = JSON.stringify(spec["schemaVersion"]);
  throw new CannotConvert(`the sandbox can't convert a dashboard with schemaVersion ${version} to schema v2`);
}

/** If conversion fails, Grafana returns an empty spec, the reason and the stored version. */
function converted(object: StoredObject, convert: () => JsonObject): View {
  const { version: storedVersion, metadata, status = "{}" } = object;
  try {
    return { spec: sortedJson(convert()), status: conversionStatus(storedVersion) };
  } catch (error) {
    if (!(error instanceof CannotConvert)) throw error;
    const conversion = { failed: true, storedVersion, error: error.message };
    // Only a conversion from schema v2 returns the stored dashboard.
    if (!isSchemaV2(storedVersion)) return { spec: "null", status: JSON.stringify({ conversion }) };
    const { resourceVersion: _, ...rest } = metadata;
    const source = {
      kind: dashboardNames.kind,
      apiVersion: `${dashboardNames.group}/${storedVersion}`,
      metadata: rest,
      spec: parseObject(object.spec),
      status: parseObject(status),
    };
    return { spec: "null", status: JSON.stringify({ conversion: { ...conversion, source } }) };
  }
}
