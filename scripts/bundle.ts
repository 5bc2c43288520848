// Bundles the code of the npm package. A command of a bundle starts in about half the time: Node finds and reads some ten
// files instead of seven hundred.
import { copyFileSync, cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join, resolve } from "node:path";
import { rolldown, type OutputChunk, type Plugin } from "rolldown";

const ROOT = resolve(import.meta.dirname, "..");

const ENTRIES = {
  index: "src/index.ts",
  "stack/index": "src/stack/index.ts",
  "testing/index": "src/testing/index.ts",
  "cli/main": "src/cli/main.ts",
  "cli/base-process": "src/cli/base-process.ts",
  "import/format-worker": "src/import/format-worker.ts",
  "update/thread": "src/update/thread.ts",
};

/** The user's code and this package must share the SDK. Playwright is an optional peer dependency. */
const EXTERNAL = /^(@grafana\/grafana-foundation-sdk|playwright-core)(\/|$)/;

/** Replaces the modules for which `matches` by code. */
function replaced(name: string, matches: (source: string, importer: string) => boolean, code: () => string): Plugin {
  const id = `\0${name}`;
  return {
    name,
    resolveId: (source, importer = "") => (matches(source, importer) ? id : undefined),
    load: (module) => (module === id ? code() : undefined),
  };
}

/** axios's adapter for `fetch` is never used: loading it makes Node load its implementation of `fetch`. */
const WITHOUT_FETCH = replaced(
  "without-fetch",
  (source, importer) => source === "./fetch.js" && /\/axios\/lib\/adapters\//.test(importer),
  () => "export const getFetch = () => undefined;",
);

/**
 * Replaces imports of `node:http` by Node's own lookup: an import reads all exports, also `WebSocket`, for which Node loads its
 * implementation of `fetch`. That is a sixth of the time of a short command.
 */
const WITHOUT_WEB_SOCKET = replaced(
  "without-web-socket",
  (source) => /^(?:node:)?http$/.test(source),
  () => {
    const properties = Object.entries(Object.getOwnPropertyDescriptors(http));
    const names = properties.flatMap(([name, property]) => ("value" in property ? [name] : []));
    return `const http = process.getBuiltinModule("node:http");
export default http;
export const { ${names.join(", ")} } = http;`;
  },
);

/** Loads HTTP/2, which no request uses, only if it is used. */
const WITHOUT_HTTP2 = replaced(
  "without-http2",
  (source, importer) => source === "http2" && /\/axios\/lib\//.test(importer),
  () => `const http2 = () => process.getBuiltinModule("node:http2");
export default { get constants() { return http2().constants; }, connect: (...args) => http2().connect(...args) };`,
);

const FORM_DATA = "typeof G.FormData !== 'undefined'";
/** Makes axios not look up the global `FormData`, which no request has, for the same reason. */
const WITHOUT_FORM_DATA: Plugin = {
  name: "without-form-data",
  transform(code, id) {
    if (!id.endsWith("/axios/lib/utils.js")) return undefined;
    if (!code.includes(FORM_DATA)) throw new Error(`${id} no longer contains ${FORM_DATA}`);
    return code.replace(FORM_DATA, "false");
  },
};

/** Files in a chunk refer to other files of `src` by `../`, which has the same meaning one directory below `dist`. */
const CHUNKS = "chunks/[name]-[hash].js";

/** Writes the JavaScript of the package, with the licenses of all bundled packages, into a directory. */
export async function bundle(directory: string): Promise<void> {
  const build = await rolldown({
    input: ENTRIES,
    cwd: ROOT,
    platform: "node",
    external: EXTERNAL,
    // CommonJS modules of dependencies use these; only `__filename` is used, as a part of a unique name.
    plugins: [WITHOUT_FETCH, WITHOUT_WEB_SOCKET, WITHOUT_HTTP2, WITHOUT_FORM_DATA],
    transform: { define: { __filename: "import.meta.filename", __dirname: "import.meta.dirname" } },
  });
  const { output } = await build.write({
    dir: directory,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: CHUNKS,
  });
  await build.close();
  const chunks = output.filter((file) => file.type === "chunk");
  for (const { fileName, code } of chunks) {
    if (!fileName.includes("/") && /\bimport\.meta\./.test(code))
      throw new Error(`${fileName} uses its own location, but is not one directory below ${directory}`);
  }
  writeFileSync(join(directory, "THIRD-PARTY-LICENSES.txt"), licensesOf(chunks));
}

/** Makes a package that runs in an empty directory. Its types are only the list of exports. Returns the path of its command. */
export async function bundledPackage(directory: string): Promise<string> {
  await bundle(join(directory, "dist"));
  copyFileSync(join(ROOT, "package.json"), join(directory, "package.json"));
  // Both files list only exports. Hints for misspelled imports read them.
  copyFileSync(join(ROOT, "src/index.ts"), join(directory, "dist/index.d.ts"));
  cpSync(join(ROOT, "bin"), join(directory, "bin"), { recursive: true });
  for (const name of ["examples", "starter", "schema", "node_modules"])
    symlinkSync(join(ROOT, name), join(directory, name));
  return join(directory, "bin/grafana-provision.js");
}

/** The license texts of the packages whose modules are in these chunks. */
function licensesOf(chunks: readonly OutputChunk[]): string {
  const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;
  const packages = new Set(chunks.flatMap(({ moduleIds }) => moduleIds.flatMap((id) => PACKAGE.exec(id)?.[0] ?? [])));
  const texts = [...packages].toSorted().map((directory) => {
    const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
      name: string;
      version: string;
      license?: string;
    };
    const file = readdirSync(directory).find((found) => /^licen[cs]e/i.test(found));
    const text = file === undefined ? "" : readFileSync(join(directory, file), "utf8").trim();
    return `${name} ${version} (${license ?? "see below"})\n\n${text}`;
  });
  return `This package contains code of the following packages.\n\n${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
