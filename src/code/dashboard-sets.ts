import type { FileSet } from "./exports.ts";
import type { Loaded } from "./desired.ts";
import { loadDocument } from "./documents.ts";
import { dirname, resolve } from "node:path";
import { glob } from "tinyglobby";
import { z } from "zod";
import type { DashboardFiles } from "./dashboard-files.ts";
import type { InputValue } from "../kinds/dashboard/model/inputs.ts";
import { issuesOf, PARSING, pathText } from "../util/schema-issues.ts";
import type { Fault } from "../util/errors.ts";
import { ResourceReference } from "../kinds/reference.ts";

const FileSetSchema = z.strictObject({
  kind: z.literal("dashboard-files"),
  files: z.union([z.string().min(1, "the glob is empty"), z.array(z.string()).min(1, "the list of globs is empty")]),
  folder: ResourceReference("folder").exactOptional(),
  uid: z.custom((value) => typeof value === "function", "expected a function (name, model) => uid").exactOptional(),
  inputs: z.record(z.string(), z.unknown()).exactOptional(),
});

export async function loadSet(
  { set, from }: FileSet,
  name: (file: string) => string,
  faults: Fault[],
): Promise<{ loaded: Loaded[]; claimed: string[] }> {
  const where = { level: "error", file: from.name, export: from.export } as const;
  const parsed = FileSetSchema.safeParse(set, PARSING);
  if (!parsed.success) {
    for (const { path, message } of issuesOf(parsed.error.issues)) {
      faults.push({ ...where, path: pathText(path), message });
    }
    return { loaded: [], claimed: [] };
  }
  const patterns = [set.files].flat();
  const claimed = (await glob(patterns, { cwd: dirname(from.file), absolute: true }))
    .map((file) => resolve(file))
    .toSorted();
  if (claimed.length === 0) faults.push({ ...where, path: "files", message: `no file matches ${patterns.join(", ")}` });
  const inputs = inputsOf(set, (path, message) => faults.push({ ...where, path, message }));
  const options = { ...(set.folder ? { folder: set.folder } : {}), ...(set.uid ? { uid: set.uid } : {}), inputs };
  const loaded = await Promise.all(claimed.map((file) => loadDocument(file, name(file), options, faults)));
  return { loaded: loaded.flat(), claimed };
}

function inputsOf(set: DashboardFiles, fault: (path: string, message: string) => void): Record<string, InputValue> {
  const inputs: Record<string, InputValue> = {};
  for (const [key, value] of Object.entries(set.inputs ?? {})) {
    if (typeof value === "string") inputs[key] = value;
    else if (value?.kind === "datasource" && value.uid)
      // The ref of an existing one also says that it has to be looked for in Grafana.
      inputs[key] = "existing" in value ? value.ref : { type: value.type, uid: value.uid };
    else fault(`inputs.${key}`, "expected a datasource object with a uid, or text");
  }
  return inputs;
}
