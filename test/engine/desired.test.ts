import { expect, test } from "vitest";
import { desire } from "../../src/code/desired.ts";
import { contactPoint, dashboard, datasource, env, existing, folder, secret } from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";

function faultsOf(...resources: { kind: string }[]) {
  const source = { file: "a.ts", export: "default" };
  return desire(
    resources.map((value) => ({ kind: value.kind, value, source })),
    kinds,
    "own",
  ).faults.map(({ path, message }) => ({ path, message }));
}

test("a secret where its placeholder would be sent is a fault", () => {
  const token = secret(env("TOKEN"));
  const prometheus = datasource({ uid: "p", name: "P", type: "prometheus", jsonData: { headers: [{ value: token }] } });
  const board = dashboard({ uid: "b", spec: { title: "B", description: token as unknown as string } });
  expect(faultsOf(prometheus)).toMatchObject([{ path: "jsonData.headers[0].value" }]);
  expect(faultsOf(board)).toMatchObject([{ path: "spec.description" }]);
});

test("a secret in a string throws an error that names the variable", () => {
  expect(() => `https://example.org/${String(secret(env("TOKEN")))}`).toThrow(/secret\(env\("TOKEN"\)\)/);
});

test("the size of a resource is counted in bytes, not in characters", () => {
  const large = (description: string) =>
    faultsOf(dashboard({ uid: "b", spec: { title: "B", panels: [], description } }));
  expect(large("é".repeat(9_000_000))).toHaveLength(1);
  expect(large("e".repeat(9_000_000))).toEqual([]);
});

test("a resource with a compressed property keeps the properties that its id depends on", () => {
  const board = dashboard({ spec: { title: "Service", panels: [] } });
  const source = { file: "a.ts", export: "default" };
  const declared = () =>
    desire([{ kind: "dashboard", value: board, source, disposable: true }], kinds, "own").desired.map(({ id }) => id);
  const [before] = declared();
  expect(board.spec.panels).toBeUndefined();
  expect(declared()).toEqual([before]);
});

test("a value that JSON can't represent is a fault with its place", () => {
  const limit = datasource({ uid: "p", name: "P", type: "prometheus", jsonData: { limit: 10n } });
  expect(faultsOf(limit)).toEqual([
    { path: "jsonData.limit", message: "is a bigint, which JSON can't represent; use a number" },
  ]);
});

test("a resource inside the data of another one is a fault with its place, and a reference is not", () => {
  const prometheus = datasource({ uid: "p", name: "P", type: "prometheus", url: "http://user@p:9090" });
  const home = folder({ uid: "home", title: "Home" });
  const there = existing.datasource("there");
  const list = (datasource: unknown) => ({ list: [{ name: "a", type: "query", datasource }] });
  const spec = (datasource: unknown) => ({ title: "B", templating: list(datasource), annotations: list(datasource) });
  const board = (datasource: unknown) => dashboard({ uid: "b", folder: home, spec: spec(datasource) });
  const places = ["templating", "annotations"].map((name) => ({ path: `spec.${name}.list[0].datasource` }));

  expect(faultsOf(board(prometheus), prometheus, home)).toMatchObject(places);
  expect(faultsOf(board(there), home)).toMatchObject(places);
  expect(faultsOf(board(prometheus.ref), prometheus, home)).toEqual([]);
  expect(faultsOf(board({ kind: "datasource", uid: "${ds}" }), home)).toEqual([]);

  const settings = { url: "http://127.0.0.1:1/", headers: { home } };
  expect(faultsOf(contactPoint({ name: "c", integrations: [{ type: "webhook", settings }] }))).toMatchObject([
    { path: "integrations[0].settings.headers.home" },
  ]);
  const loki = datasource({ uid: "l", name: "L", type: "loki", jsonData: { derivedFields: [{ to: prometheus }] } });
  expect(faultsOf(loki, prometheus)).toMatchObject([{ path: "jsonData.derivedFields[0].to" }]);
});
