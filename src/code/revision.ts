import { registerHooks } from "node:module";
import { dirname, extname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { API } from "./import.ts";

/** The project's modules with other contents of some files, which are imported again. Node keeps them in memory until the process ends. */
export interface Revision {
  readonly id: number;
  /** By absolute path. */
  readonly texts: ReadonlyMap<string, string>;
  /** The files of the project that each imported file imports. */
  readonly imports: Map<string, Set<string>>;
}

const QUERY = "?grafana-provision-revision=";
/** This package's own modules are not part of a project. */
const OWN = dirname(fileURLToPath(API)) + sep;

const revisions = new Map<number, Revision>();
let last = 0;

/** Makes a revision. Call `end` when nothing more is imported of it. */
export function newRevision(texts: ReadonlyMap<string, string>): Revision & { readonly end: () => void } {
  if (last === 0) registerHooks({ resolve, load });
  const id = ++last;
  const revision = { id, texts, imports: new Map<string, Set<string>>(), end: () => void revisions.delete(id) };
  revisions.set(id, revision);
  return revision;
}

/** The URL of a file in a revision. */
export function urlIn({ id }: Pick<Revision, "id">, file: string): string {
  return `${pathToFileURL(file).href}${QUERY}${id}`;
}

/** The revision and the path of a URL. */
function revisionOf(url: string | undefined): { readonly revision: Revision; readonly file: string } | undefined {
  const at = url?.lastIndexOf(QUERY) ?? -1;
  const revision = url === undefined || at < 0 ? undefined : revisions.get(Number(url.slice(at + QUERY.length)));
  return revision && url !== undefined ? { revision, file: fileURLToPath(url.slice(0, at)) } : undefined;
}

type Hooks = Required<Parameters<typeof registerHooks>[0]>;

const resolve: Hooks["resolve"] = (specifier, context, next) => {
  const resolved = next(specifier, context);
  const entry = revisionOf(resolved.url);
  if (entry) return { ...resolved, ...formatOf(entry.file) };
  const importer = revisionOf(context.parentURL);
  if (!importer || !resolved.url.startsWith("file:") || resolved.url.includes("?")) return resolved;
  const file = fileURLToPath(resolved.url);
  if (file.startsWith(OWN) || file.includes(join(sep, "node_modules", sep))) return resolved;
  const { imports, id } = importer.revision;
  imports.set(importer.file, (imports.get(importer.file) ?? new Set()).add(file));
  return { ...resolved, url: `${resolved.url}${QUERY}${id}`, ...formatOf(file), shortCircuit: true };
};

/** As without a query in the URL, for which the format is known by its end. */
function formatOf(file: string): { readonly format?: string } {
  return /\.m?ts$/.test(file) ? { format: "module-typescript" } : {};
}

const load: Hooks["load"] = (url, context, next) => {
  const found = revisionOf(url);
  const source = found?.revision.texts.get(found.file);
  if (source === undefined) return next(url, context);
  const byName = extname(found?.file ?? "") === ".json" ? "json" : "module";
  const format = context.format ?? formatOf(found?.file ?? "").format ?? byName;
  return { format, source, shortCircuit: true };
};
