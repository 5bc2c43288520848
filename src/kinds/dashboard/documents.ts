import { z } from "zod";
import type { DocumentReader, DocumentsFacet, ReadDocument } from "../../engine/documents-facet.ts";
import type { Fault } from "../../util/errors.ts";
import { compressProperty, withCompressed } from "../../util/compress.ts";
import { isObject, type JsonObject } from "../../util/json.ts";
import { listed } from "../../util/plural.ts";
import { similar } from "../../util/similar.ts";
import { issuesOf, PARSING, pathText } from "../../util/schema-issues.ts";
import type { Folder } from "../folder/builder.ts";
import { ResourceReference, Uid } from "../reference.ts";
import type { DashboardFiles } from "./files.ts";
import { dashboardIn, isManifest, looksLikeDashboard, type FoundDashboard } from "./model/envelope.ts";
import { misplacedPanels } from "./model/rows.ts";
import { fillInputs, unansweredInputs, type InputValue, type MissingInput } from "./model/inputs.ts";
import { sharedIdsIn } from "./model/shared-ids.ts";
import { unknownFaults } from "./model/unknown-properties.ts";
import { elementFaults } from "./v2/checks.ts";
import { isSchemaV2 } from "./v2/spec.ts";

const FileSetSchema = z.strictObject({
  kind: z.literal("dashboard-files"),
  files: z.union([
    z.string().min(1, "must not be empty"),
    z.array(z.string()).min(1, "must contain at least one glob"),
  ]),
  folder: ResourceReference("folder").nullable().exactOptional(),
  uid: z.custom((value) => typeof value === "function", "expected a function (name, model) => uid").exactOptional(),
  inputs: z.record(z.string(), z.unknown()).exactOptional(),
});

/** Dashboards that are plain JSON or YAML, as Grafana exports them. */
export const DASHBOARD_DOCUMENTS: DocumentsFacet = {
  within: "spec",
  isDocument: (value) => looksLikeDashboard(value) || isSchemaV2(value) || !("problem" in inManifest(value)),
  fromExport(value) {
    const found = inManifest(value);
    if ("problem" in found) return { kind: "dashboard", ...(isSchemaV2(value) ? { schema: "v2" } : {}), spec: value };
    const { model: spec, schema, uid, folder } = found;
    return {
      kind: "dashboard",
      ...(uid === undefined ? {} : { uid }),
      ...(folder === undefined ? {} : { folder: existingFolder(folder) }),
      ...(schema ? { schema } : {}),
      spec,
    };
  },
  rejection(value) {
    const found = inManifest(value);
    return "problem" in found && found.problem !== ""
      ? { message: found.problem, ...(found.hint ? { hint: found.hint } : {}) }
      : undefined;
  },
  read: reader({}),
  readIn: (folder) => reader({ folder: folder as Folder | null }),
  isSet: (value) => "kind" in value && value.kind === "dashboard-files",
  openSet(value) {
    const parsed = FileSetSchema.safeParse(value, PARSING);
    if (!parsed.success) {
      return { faults: issuesOf(parsed.error.issues).map(({ path, message }) => ({ path: pathText(path), message })) };
    }
    const set = value as DashboardFiles;
    const { inputs, faults } = inputsOf(set);
    const { folder, uid } = set;
    const asked = new Set<string>();
    const read = reader({ ...(folder === undefined ? {} : { folder }), ...(uid ? { uid } : {}), inputs, asked });
    return { faults, files: [set.files].flat(), read, afterReading: () => unknownInputs(Object.keys(inputs), asked) };
  },
  // Panels are most of a dashboard's size.
  compress(value) {
    const { spec, internal } = value as { spec?: unknown; internal?: unknown };
    for (const one of [value, spec, internal]) {
      if (isObject(one)) for (const bulk of ["panels", "elements"]) if (bulk in one) compressProperty(one, bulk);
    }
  },
};

/** The dashboard in an exported Kubernetes manifest. An empty `problem`: the object is not a manifest. */
function inManifest(value: object): ReturnType<typeof dashboardIn> {
  return isManifest(value) ? dashboardIn(value as JsonObject) : { problem: "" };
}

function existingFolder(uid: string) {
  return { kind: "folder", uid, existing: true };
}

function inputsOf(set: DashboardFiles): {
  inputs: Record<string, InputValue>;
  faults: Pick<Fault, "path" | "message">[];
} {
  const inputs: Record<string, InputValue> = {};
  const faults: Pick<Fault, "path" | "message">[] = [];
  for (const [key, value] of Object.entries(set.inputs ?? {})) {
    if (typeof value === "string") inputs[key] = value;
    else if (value?.kind === "datasource" && value.uid)
      // The ref of an existing datasource also makes the tool check that it exists.
      inputs[key] = "existing" in value ? value.ref : { type: value.type, uid: value.uid };
    else faults.push({ path: `inputs.${key}`, message: "expected a datasource object with a uid, or a string" });
  }
  return { inputs, faults };
}

/** Inputs that no file of a set has. */
function unknownInputs(
  names: readonly string[],
  asked: ReadonlySet<string>,
): Pick<Fault, "path" | "message" | "hint">[] {
  return names
    .filter((name) => !asked.has(name))
    .map((name) => {
      const meant = similar(name, asked);
      return {
        path: `inputs.${name}`,
        message: `no file has an input with this name${meant === undefined ? "" : `; did you mean ${meant}?`}`,
        hint:
          asked.size > 0
            ? `The files have the inputs ${listed([...asked].toSorted())}.`
            : "The files have no `__inputs`.",
      };
    });
}

interface ReaderOptions {
  readonly folder?: DashboardFiles["folder"];
  readonly uid?: DashboardFiles["uid"];
  readonly inputs?: Readonly<Record<string, InputValue>>;
  /** Gets the names of the inputs of all documents. */
  readonly asked?: Set<string>;
}

function reader({ folder: wanted, uid: uidOf, inputs = {}, asked }: ReaderOptions): DocumentReader {
  return (document, { file, stem, answered }) => {
    const found = dashboardIn(document);
    if ("problem" in found) {
      const { problem: message, hint } = found;
      return { faults: [{ level: "error", message, ...(hint ? { hint } : {}) }] };
    }
    const { model, faults } =
      found.schema === "v2" ? readV2(found) : readClassic(found, { inputs, asked, answered, file });
    const own = found.uid ?? (typeof model["uid"] === "string" && model["uid"] ? model["uid"] : undefined);
    let uid: unknown;
    try {
      uid = uidOf ? uidOf(stem, model) : (own ?? stem);
    } catch (error) {
      const message = `the function \`uid\` throws an error: ${error instanceof Error ? error.message : String(error)}`;
      return { faults: [...faults, { level: "error", message }] };
    }
    if (uid === stem && !Uid.safeParse(uid).success) return { faults: [...faults, noUid(stem)] };
    const inFile = found.folder ? existingFolder(found.folder) : undefined;
    const folder = wanted === undefined ? inFile : wanted;
    const place = { uid, ...(folder === undefined ? {} : { folder }) };
    const schema = found.schema ? { schema: found.schema } : {};
    const value = { kind: "dashboard", ...place, ...schema, spec: model, plain: true };
    // An input can be an existing datasource, which JSON can't represent.
    if (model !== found.model) return { faults, value };
    return { faults, value: withCompressed(value, "spec"), packed: true };
  };
}

interface ReadModel {
  readonly model: JsonObject;
  readonly faults: ReadDocument["faults"];
}

function readV2({ model }: FoundDashboard): ReadModel {
  return { model, faults: [...elementFaults(model, true), ...unknownFaults(model, "v2")] };
}

function readClassic(
  found: FoundDashboard,
  {
    inputs: given,
    asked,
    answered,
    file,
  }: Required<Pick<ReaderOptions, "inputs">> & {
    asked: Set<string> | undefined;
    answered: ReadonlySet<string> | undefined;
    file: string;
  },
): ReadModel {
  // The environment maps the name of the input as if it were a uid.
  const mapped = unansweredInputs(found.model, given).filter(({ name }) => answered?.has(name));
  const refs = mapped.map(({ name, datasource }) => [name, { ...(datasource ? { type: datasource } : {}), uid: name }]);
  const inputs = { ...given, ...(Object.fromEntries(refs) as Record<string, InputValue>) };
  const { model, missing, asked: names } = fillInputs(found.model, inputs);
  for (const name of names) asked?.add(name);
  const faults = [
    ...missing.map((input) => ({ level: "warning", ofFile: true, ...unanswered(input, file) }) as const),
    ...misplacedPanels(model).map((fault) => ({ level: "warning", ...fault }) as const),
    ...sharedIdsIn(model),
    ...unknownFaults(model, "classic"),
  ];
  return { model, faults };
}

function noUid(stem: string) {
  return {
    level: "error",
    path: "uid",
    message: `has no uid, and its file name "${stem}" is not a valid uid: use letters, digits, - and _, at most 40 characters`,
    hint: "Add a uid to the dashboard, rename the file, or define it with dashboards({ files, uid }).",
  } as const;
}

function unanswered({ name, datasource }: MissingInput, file: string): Pick<Fault, "path" | "message" | "hint"> {
  const key = /^[\p{L}_$][\p{L}\d_$]*$/u.test(name) ? name : JSON.stringify(name);
  const [lost, answer] =
    datasource === undefined
      ? [`"\${${name}}" is not replaced`, '"..."']
      : [
          "panels that use it have no datasource",
          `existing.datasource("UID"${datasource ? `, ${JSON.stringify(datasource)}` : ""})`,
        ];
  return {
    path: "__inputs",
    message: `has no value for the input ${name}: ${lost}`,
    hint: `Add it: dashboards({ files: "${file}", inputs: { ${key}: ${answer} } }).`,
  };
}
