import { describe, expect, test } from "vitest";
import { whileLoading } from "../../src/code/user-code.ts";
import { faultsIn } from "../cli/support.ts";
import { testProject } from "../helpers/cli.ts";

const IMPORT = 'import { contactPoint, dashboard, datasource, folder } from "grafana-provision";\n';
/** A dashboard with this value in its model. */
const board = (value: string, more = "") =>
  `${IMPORT}${more}\nexport const d = dashboard({ uid: "d" + import.meta.filename.length, spec: { title: "T", panels: [], x: ${value} } as never });\n`;
const point = (type: string) =>
  `${IMPORT}export const c = contactPoint({ name: "${type}", integrations: [{ type: "${type}", settings: {} }] } as never);\n`;
const NESTED = "let n: unknown = 1; for (let i = 0; i < 10_000; i++) n = ";
const TRAPS =
  "{ get() { throw new Error('boom'); }, has() { throw new Error('boom'); }, ownKeys() { throw new Error('boom'); }, getPrototypeOf() { throw new Error('boom'); } }";

/** Modules, each with the place and a part of the message of its fault; none for a valid module. */
const MODULES: Readonly<Record<string, readonly [text: string, place?: string, message?: string]>> = {
  "function-value": [board("() => 1"), "spec.x", "a function"],
  "function-in-array": [board("[1, function () {}]"), "spec.x[1]", "a function"],
  symbol: [board('Symbol("a")'), "spec.x", "a symbol"],
  bigint: [board("1n"), "spec.x", "a bigint"],
  map: [board("new Map()"), "spec.x", "a Map"],
  set: [board("{ y: new Set() }"), "spec.x.y", "a Set"],
  weakmap: [board("new WeakMap()"), "spec.x", "a Map"],
  regexp: [board("/a/"), "spec.x", "a regular expression"],
  "promise-value": [board("Promise.resolve(1)"), "spec.x", "a promise"],
  error: [board('new Error("a")'), "spec.x", "an error"],
  buffer: [board('Buffer.from("a")'), "spec.x", "binary data"],
  "typed-array": [board("new Uint8Array(2)"), "spec.x", "binary data"],
  "invalid-date": [board("new Date(NaN)"), "spec.x", "an invalid date"],
  nan: [board("NaN"), "spec.x", "NaN"],
  infinity: [board("{ y: [-Infinity] }"), "spec.x.y[0]", "-Infinity"],
  sparse: [board("[1, , 3]"), "spec.x", "undefined item"],
  "undefined-item": [board("[undefined]"), "spec.x", "undefined item"],
  builder: [board("{ build() { return 1; } }"), "spec.x", "build()"],
  cycle: [board("c", "const c: Record<string, unknown> = {}; c.c = c;"), "spec.x.c", "contains itself"],
  getter: [board('{ get y() { throw new Error("boom"); } }'), "spec.x.y", "boom"],
  "getter-non-error": [board("{ get y() { throw 3; } }"), "spec.x.y", "read: 3"],
  "to-json": [board('{ toJSON() { throw new Error("boom"); } }'), "spec.x.toJSON", "a function"],
  proxy: [board(`new Proxy({}, ${TRAPS})`), "spec.x", "boom"],
  deep: [board("n", `${NESTED}{ a: n };`), "spec.x.a.a.a.a.a.a", "levels deep"],
  "deep-array": [board("n", `${NESTED}[n];`), "spec.x[0][0][0][0][0][0]", "levels deep"],
  "type-constructor": [point("constructor")],
  "type-proto": [point("__proto__")],
  "type-to-string": [point("toString")],
  "kind-constructor": ['export const k = { kind: "constructor" };', "export k", "unknown kind"],
  "kind-getter": ['export const k = { get kind() { throw new Error("boom"); } };', "export k", "boom"],
  "exported-proxy": [`export const p = new Proxy({}, ${TRAPS});`, "export p", "boom"],
  "exported-promise": ["export const p = Promise.resolve(1);", "export p", "a promise"],
  "exported-function": ["export default () => 1;", "default export", "a number"],
  "exported-class": ["export class Foo {}", "export Foo", "a class"],
  "exported-symbol": ["export const s = Symbol();", "export s", "a symbol"],
  "exported-cycle": ["const a: unknown[] = []; a.push(a); export default a;", "", "contains itself"],
  "exported-depth": [`${NESTED}[n]; export default n;`, "", "levels deep"],
  "exported-sparse": ["export default [,];", "default[0]", "undefined"],
  "throws-number": ["throw 3;", "", "3"],
  "throws-null": ["throw null;", "", "null"],
  "throws-object": ['throw { message: "boom" };', "", "boom"],
  "throws-proxy": [`throw new Proxy({}, ${TRAPS});`, "", "an error"],
  "throws-other-message": ['throw Object.assign(new Error("a"), { message: 3 });', "", "3"],
  "throws-other-stack": ['throw Object.assign(new Error("boom"), { stack: 3 });', "", "boom"],
  "build-throws": ["export const b = { build() { throw null; } };", "export b", "its build() throws an error: null"],
  "json-data-throws": [
    `${IMPORT}export const s = datasource({ uid: "s", name: "s", type: "t", jsonData: () => { throw 3; } });`,
    "export s",
    "jsonData() throws an error: 3",
  ],
  valid: [board('[-0, new Date(0), new URL("http://a"), new String("a"), new (class { a = 1 })(), { y: undefined }]')],
  "valid-proxy": [board("new Proxy({ a: 1 }, {})")],
  "valid-frozen": [`${IMPORT}export const f = Object.freeze(folder({ uid: "frozen", title: "F" }));`],
};

describe("a value in the code that can't be sent is a fault with its file and path, and never a stack trace", async () => {
  let found: Promise<Map<string, { place: string; message: string }[]>> | undefined;
  /** The faults of all modules by their file, from one run. */
  const faults = () =>
    (found ??= (async () => {
      const files = Object.entries(MODULES).map(([name, [text]]) => [`resources/${name}.ts`, text] as const);
      const project = await testProject(Object.fromEntries(files));
      const result = await project.run(["validate"]);
      expect(result.code, result.stderr).toBe(65);
      expect(result.stderr).not.toMatch(/^\s+at /m);
      return Map.groupBy(faultsIn(result), ({ place }) => /^resources\/([\w-]+)\.ts/.exec(place)?.[1] ?? "");
    })());

  test.each(Object.entries(MODULES))("%s", async (name, [, place, message]) => {
    const own = (await faults()).get(name) ?? [];
    const about = { place: expect.stringContaining(place ?? ""), message: expect.stringContaining(message ?? "") };
    const some = expect.objectContaining(about);
    expect(own).toEqual(place === undefined ? [] : [some]);
  });
});

describe("a module that does not finish, or fails later", () => {
  const OK = `${IMPORT}export const f = folder({ uid: "a", title: "A" });\n`;
  const ENDINGS: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
    "a top-level await that never settles": ["await new Promise(() => {});", /never settles/],
    "an export named then": ["export function then() {}", /never settles/],
    "a rejected promise": ['export const p = Promise.reject(new Error("boom"));', /a promise|unhandled error: boom/],
    "a promise rejected with a number": ["void Promise.reject(3);", /unhandled error: 3$/],
    "a promise rejected with nothing": ["void Promise.reject(undefined);", /unhandled error: undefined$/],
    "a timer that throws": [
      'setTimeout(() => { throw new Error("boom"); }, 0); await new Promise((r) => setTimeout(r, 5000));',
      /boom \(line 2\)/,
    ],
    "a timer that throws a proxy": [
      `setTimeout(() => { throw new Proxy({}, ${TRAPS}); }, 0); await new Promise((r) => setTimeout(r, 5000));`,
      /unhandled error/,
    ],
  };
  test.each(Object.entries(ENDINGS))("%s is a fault", async (_name, [text, message]) => {
    const project = await testProject({ "resources/a.ts": `\n${text}\n`, "resources/b.ts": OK });
    const result = await project.run(["validate"]);
    expect(result.code, result.stderr).toBe(65);
    const [fault] = faultsIn(result);
    expect(fault?.place).toContain("resources/a.ts");
    expect(fault?.message).toMatch(message);
    expect(result.stderr).not.toMatch(/^\s+at |Warning/m);
  });

  test("reports the other faults too if an await never settles", async () => {
    const project = await testProject({
      "resources/a.ts": "await new Promise(() => {});\n",
      "resources/b.ts": "throw 3;\n",
    });
    const result = await project.run(["validate"]);
    expect(faultsIn(result).map(({ place }) => place)).toEqual(["resources/a.ts", "resources/b.ts"]);
  });

  test.each([
    "setInterval(() => {}, 1000);",
    'import { createServer } from "node:http"; createServer().listen(0);',
    'import { Worker } from "node:worker_threads"; new Worker("setInterval(() => {}, 1000)", { eval: true });',
  ])("%s does not keep the command running", async (text) => {
    const project = await testProject({ "resources/a.ts": `${OK}${text}\n` });
    const result = await project.run(["validate"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain("1 folder");
  });

  test("fails after a time if something else keeps the process running", async () => {
    await expect(whileLoading("a.ts", () => new Promise(() => {}), 10)).rejects.toThrow(/has not finished loading/);
    expect(await whileLoading("a.ts", () => Promise.resolve(1), 10)).toBe(1);
  });

  test("of the configuration is a fault of the configuration", async () => {
    const project = await testProject({ "grafana.config.ts": `export default new Proxy({}, ${TRAPS});\n` });
    const result = await project.run(["validate"]);
    expect(result.code, result.stderr).toBe(65);
    expect(faultsIn(result)[0]?.place).toContain("grafana.config.ts");
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });
});
