import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { DashboardFiles } from "./dashboard-files.ts";
import { dashboardIn } from "../kinds/dashboard/model/envelope.ts";
import { fillInputs, type InputValue, type MissingInput } from "../kinds/dashboard/model/inputs.ts";
import type { Loaded } from "./desired.ts";
import type { Json } from "../util/json.ts";
import type { Fault } from "../util/errors.ts";
import { Uid } from "../kinds/reference.ts";
import { withCompressed } from "../util/compress.ts";

interface DocumentOptions {
  readonly folder?: DashboardFiles["folder"];
  readonly uid?: DashboardFiles["uid"];
  readonly inputs?: Readonly<Record<string, InputValue>>;
}

export async function loadDocument(
  file: string,
  name: string,
  options: DocumentOptions,
  faults: Fault[],
): Promise<Loaded[]> {
  const where = { level: "error", file: name } as const;
  let documents: Json[];
  try {
    documents = await parseDocuments(await readFile(file, "utf8"), extname(file));
  } catch (error) {
    const kind = extname(file) === ".json" ? "JSON" : "YAML";
    faults.push({
      ...where,
      message: `is not valid ${kind}: ${error instanceof Error ? error.message : String(error)}`,
    });
    return [];
  }
  return documents.flatMap((document, index): Loaded[] => {
    const found = dashboardIn(document);
    const source = { file: name, export: documents.length > 1 ? `document ${index + 1}` : "" };
    if ("problem" in found) {
      faults.push({ level: "error", ...source, message: found.problem, ...(found.hint ? { hint: found.hint } : {}) });
      return [];
    }
    const { model, missing } = fillInputs(found.model, options.inputs ?? {});
    for (const input of missing) faults.push({ level: "warning", file: name, ...unanswered(input, basename(file)) });
    const stem = basename(file, extname(file)) + (documents.length > 1 ? `-${index + 1}` : "");
    const own = found.uid ?? (typeof model["uid"] === "string" && model["uid"] ? model["uid"] : undefined);
    let uid: unknown;
    try {
      uid = options.uid ? options.uid(stem, model) : (own ?? stem);
    } catch (error) {
      const message = `the function \`uid\` that is to name it throws: ${error instanceof Error ? error.message : String(error)}`;
      faults.push({ level: "error", ...source, message });
      return [];
    }
    if (uid === stem && !Uid.safeParse(uid).success) {
      const message = `has no uid, and the file's name is none: "${stem}"; a uid is made of letters, digits, - and _, 40 at most`;
      const hint = "Give the dashboard a uid, rename the file, or declare it with dashboards({ files, uid }).";
      faults.push({ level: "error", ...source, path: "uid", message, hint });
      return [];
    }
    const folder = options.folder ?? (found.folder ? { kind: "folder", uid: found.folder, existing: true } : undefined);
    const value = { kind: "dashboard", uid, ...(folder ? { folder } : {}), spec: model, plain: true };
    const loaded = { kind: "dashboard", source, within: "spec" };
    // An answer may be a datasource that exists already, which JSON could not say.
    if (model !== found.model) return [{ ...loaded, value, disposable: true }];
    return [{ ...loaded, value: withCompressed(value, "spec"), packed: true }];
  });
}

function unanswered({ name, datasource }: MissingInput, file: string): Pick<Fault, "path" | "message" | "hint"> {
  const key = /^[\p{L}_$][\p{L}\d_$]*$/u.test(name) ? name : JSON.stringify(name);
  const [lost, answer] =
    datasource === undefined
      ? [`"\${${name}}" stays where it stands`, '"..."']
      : ["panels that use it will not find their datasource", datasource || "prometheus"];
  return {
    path: "__inputs",
    message: `asks for the input ${name}, which nothing answers: ${lost}`,
    hint: `Answer it: dashboards({ files: "${file}", inputs: { ${key}: ${answer} } }).`,
  };
}

async function parseDocuments(text: string, extension: string): Promise<Json[]> {
  // Some editors begin a file with a byte order mark.
  if (extension === ".json") return [JSON.parse(text.replace(/^\uFEFF/, "")) as Json];
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(text).map((document) => {
    const [problem] = document.errors;
    if (problem) throw problem;
    return document.toJS() as Json;
  });
  // A last `---` begins a document that holds nothing.
  const held = documents.filter((document) => document !== null);
  return held.length > 0 ? held : [null];
}
