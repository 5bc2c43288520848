import { describe, expect, onTestFinished, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import { destroyGoal } from "../../../src/engine/destroy-goal.ts";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import { execute } from "../../../src/engine/pipeline.ts";
import {
  env,
  folder,
  folderPermissions,
  playlist,
  resource,
  secret,
  serviceAccount,
  team,
  type ApiObject,
} from "../../../src/index.ts";
import { KNOWN, NAMED_BY_GRAFANA } from "../../../src/kinds/api-object/known-kinds.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { unlessNotFound } from "../../../src/grafana/errors.ts";
import { InvalidCodeError } from "../../../src/util/errors.ts";
import { actions, changeOf, objectPath } from "../../engine/support.ts";
import { consentOf, converge, only, planFor, workspaceOf } from "../../helpers/converge.ts";
import { faultyProxy } from "../../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../../helpers/mode.ts";
import { grid, spec, tab, tabs } from "../../helpers/schema-v2.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";

interface Stored {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A type, with the specs of three states of an object. */
interface Type {
  readonly what: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly specs: readonly [first: object, second: object, edited: object];
  readonly allowKnownKind?: true;
}

const TYPES: readonly Type[] = [
  {
    what: "an object without a kind of its own",
    apiVersion: "example.grafana.app/v1alpha1",
    kind: "Example",
    plural: "examples",
    specs: [{ firstField: "one" }, { firstField: "two", secondField: 2 }, { firstField: "by hand" }],
  },
  {
    what: "a playlist",
    apiVersion: "playlist.grafana.app/v1",
    kind: "Playlist",
    plural: "playlists",
    specs: ["One", "Two", "By hand"].map((title) => ({
      title,
      interval: "5m",
      items: [{ type: "dashboard_by_tag", value: "production" }],
    })) as unknown as Type["specs"],
    allowKnownKind: true,
  },
  {
    what: "a folder",
    apiVersion: "folder.grafana.app/v1beta1",
    kind: "Folder",
    plural: "folders",
    specs: [{ title: "One" }, { title: "Two", description: "Text" }, { title: "By hand" }],
    allowKnownKind: true,
  },
];

function pathOf({ apiVersion, plural }: Type, name = ""): string {
  return `/apis/${apiVersion}/namespaces/default/${plural}${name === "" ? "" : `/${name}`}`;
}

async function find({ other }: TestGrafana, type: Type, name: string): Promise<Stored | undefined> {
  return (await unlessNotFound(other.send({ method: "GET", path: pathOf(type, name) }))) as Stored | undefined;
}

/** Changes an object as another client does. */
async function edit(grafana: TestGrafana, type: Type, name: string, spec: object): Promise<void> {
  const stored = await find(grafana, type, name);
  const body = { ...stored, spec: { ...stored?.spec, ...spec } };
  await grafana.other.send({ method: "PUT", path: pathOf(type, name), body });
}

async function scene(type: Type): Promise<{
  grafana: TestGrafana;
  context: KindContext;
  name: string;
  address: string;
  of: (spec: object, more?: Partial<ApiObject>) => ApiObject;
}> {
  const grafana = await testGrafana();
  const name = grafana.name("object");
  const { apiVersion, kind, allowKnownKind } = type;
  return {
    grafana,
    context: await grafana.context(grafana.name("own")),
    name,
    address: `api-object/${apiVersion.split("/")[0]}/${kind}/${name}`,
    of: (spec, more = {}) => ({
      ...resource({
        apiVersion,
        kind,
        metadata: { name },
        spec: { ...spec },
        ...(allowKnownKind ? { allowKnownKind } : {}),
      }),
      ...more,
    }),
  };
}

/** A resource that is always in the code, so that a run without the object is not empty. */
const anchor = (grafana: TestGrafana) => folder({ uid: grafana.name("anchor"), title: "Anchor" });

describe.runIf(KUBERNETES && MARKS).each(TYPES)("$what, through /apis", (type) => {
  const [first, second, byHand] = type.specs;

  test("is created, changed and pruned, and planned again without a change", async () => {
    const { grafana, context, name, of } = await scene(type);
    const other = anchor(grafana);

    const created = await converge(context, [of(first), other]);
    expect(created.plan.changes).toContainEqual(expect.objectContaining({ kind: "api-object", action: "create" }));
    expect((await find(grafana, type, name))?.spec).toMatchObject(first);

    const { plan } = await converge(context, [of(second), other]);
    expect(plan.changes).toMatchObject([{ kind: "api-object", action: "update", origin: "code" }]);
    expect((await find(grafana, type, name))?.spec).toMatchObject(second);

    // The code no longer names the type: the ledger does.
    const kept = await planFor(context, [other]);
    expect(kept.plan.changes).toEqual([]);
    const pruned = await converge(context, [other], { prune: true });
    expect(pruned.plan.changes).toMatchObject([{ kind: "api-object", action: "delete" }]);
    expect(await find(grafana, type, name)).toBeUndefined();
  });

  test("a change made in Grafana is kept, and overwritten on request", async () => {
    const { grafana, context, name, address, of } = await scene(type);
    await converge(context, [of(first)]);
    await edit(grafana, type, name, byHand);

    const same = await planFor(context, [of(first)]);
    const both = await planFor(context, [of(second)]);
    const gone = await planFor(context, [anchor(grafana)], { prune: true });

    expect(changeOf(same, address)).toMatchObject({ origin: "grafana", left: { reason: "drift" } });
    expect(changeOf(both, address)).toMatchObject({ origin: "both", left: { reason: "drift" } });
    expect(changeOf(gone, address)).toMatchObject({ action: "delete", left: { reason: "drift" } });
    expect((await find(grafana, type, name))?.spec).toMatchObject(byHand);
    await converge(context, [of(second)], { overwriteDrift: only(address) });
    expect((await find(grafana, type, name))?.spec).toMatchObject(second);
    await converge(context, [anchor(grafana)], { prune: true });
  });

  test("an object of another owner is adopted only on request, and keeps its annotations and labels", async () => {
    const { grafana, context, name, address, of } = await scene(type);
    const theirs = { name, annotations: { "example.org/theirs": "a" }, labels: { "example.org/team": "b" } };
    const { apiVersion, kind } = type;
    const body = { apiVersion, kind, metadata: theirs, spec: byHand };
    await grafana.other.send({ method: "POST", path: pathOf(type), body });

    const left = await planFor(context, [of(first)]);
    expect(changeOf(left, address)).toMatchObject({ action: "adopt", left: { reason: "foreign" } });
    const mine = of(first, { metadata: { name, labels: { "example.org/own": "c" } } });
    await converge(context, [mine], { adopt: only(address) });

    const stored = await find(grafana, type, name);
    expect(stored?.spec).toMatchObject(first);
    expect(stored?.metadata.annotations).toMatchObject(theirs.annotations);
    expect(stored?.metadata.labels).toMatchObject({ ...theirs.labels, "example.org/own": "c" });
    await converge(context, [anchor(grafana)], { prune: true });
    expect(await find(grafana, type, name)).toBeUndefined();
  });

  test("a rollback restores what a run changed and deleted", async () => {
    const { grafana, context, name, of } = await scene(type);
    const directory = await runsFolder();
    const run = async (code: readonly { kind: string }[], prune = false) => {
      const done = await carriedOut(context, await planFor(context, code, { prune }), directory);
      if (!done.run) throw new Error("the run was not recorded");
      return done.run;
    };
    const undo = async (id: Awaited<ReturnType<typeof run>>) =>
      carriedOut(context, await undoOf(context, id), directory);
    await run([of(first)]);

    await undo(await run([of(second)]));
    expect((await find(grafana, type, name))?.spec).toMatchObject(first);
    const deleted = await run([anchor(grafana)], true);
    expect(await find(grafana, type, name)).toBeUndefined();
    await undo(deleted);
    expect((await find(grafana, type, name))?.spec).toMatchObject(first);
    await converge(context, [of(first)]);
    await converge(context, [anchor(grafana)], { prune: true });
  });
});

const DASHBOARD: Type = {
  what: "a dashboard",
  apiVersion: "dashboard.grafana.app/v1beta1",
  kind: "Dashboard",
  plural: "dashboards",
  specs: ["One", "Two", "By hand"].map((title) => ({
    title,
    panels: [],
    schemaVersion: 42,
  })) as unknown as Type["specs"],
  allowKnownKind: true,
};

/** The sandbox serves the example API only with unified storage. */
const IN_ANY_STORAGE = [...TYPES, DASHBOARD].filter(({ kind }) => MARKS || kind !== "Example");

// Legacy storage ignores `dryRun` of folders and playlists.
describe.runIf(KUBERNETES).each(IN_ANY_STORAGE)("a plan for $what", (type) => {
  test("writes nothing, in any storage", async () => {
    const { grafana, context, name, address, of } = await scene(type);
    const { apiVersion, kind } = type;
    const [first, second] = type.specs;
    const body = { apiVersion, kind, metadata: { name }, spec: first };
    await grafana.other.send({ method: "POST", path: pathOf(type), body });
    const stored = await find(grafana, type, name);
    const before = grafana.requests.length;

    const plan = await planFor(context, [of(second)], { adopt: only(address) });

    expect(changeOf(plan, address).differences).not.toEqual([]);
    expect(await find(grafana, type, name)).toEqual(stored);
    const sent = grafana.requests.slice(before).filter(({ method }) => method !== "GET");
    const isDashboard = type === DASHBOARD;
    expect(sent.map(({ method, path }) => [method, path])).toEqual(
      isDashboard ? [["PUT", `${pathOf(type, name)}?dryRun=All`]] : [],
    );
    expect(changeOf(plan, address).verified).toBe(isDashboard);
    await grafana.other.send({ method: "DELETE", path: pathOf(type, name) });
  });
});

const EXAMPLE = TYPES[0] as Type;

/** A context for the same Grafana without an API group, as with its feature toggle off. */
async function withoutGroup(grafana: TestGrafana, owner: string, group: string): Promise<KindContext> {
  const proxy = await faultyProxy(grafana.url, async ({ path, forward }) => {
    if (path.startsWith(`/apis/${group}`)) return { status: 404, body: '{"message":"Not found"}' };
    if (path !== "/apis") return "pass";
    const { status, body = "" } = await forward();
    const { groups, ...rest } = JSON.parse(body.toString()) as { groups: { name: string }[] };
    return { status, body: JSON.stringify({ ...rest, groups: groups.filter(({ name }) => name !== group) }) };
  });
  onTestFinished(() => proxy.close());
  return grafana.context(owner, { url: proxy.url });
}

async function destroyed(context: KindContext): Promise<void> {
  const goal = destroyGoal(() => true);
  await execute(workspaceOf(context), { goal, consent: consentOf({}), concurrency: 8, emit: () => {} });
}

/** The kind of a function: `contact-point` of `contactPoint`. */
function kindName(use: string): string {
  return use.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The codes and paths of the faults that a plan finds. */
async function faultsOf(plan: Promise<unknown>): Promise<unknown[]> {
  const error: unknown = await plan.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InvalidCodeError)) throw new Error(`no faults: ${String(error)}`);
  return error.faults.map(({ code, path }) => [code, path]);
}

/** The faults of code, without a Grafana. */
function codeFaults(...all: readonly { readonly kind: string }[]): string[] {
  const loaded = all.map((value, index) => ({
    kind: value.kind,
    value,
    source: { file: "test.ts", export: `default[${index}]` },
  }));
  return desire(loaded, kinds, "test").faults.map(({ code, path }) => `${code} ${path}`);
}

const plain = (more: Partial<Parameters<typeof resource>[0]> = {}) =>
  resource({ apiVersion: EXAMPLE.apiVersion, kind: EXAMPLE.kind, metadata: { name: "a" }, spec: {}, ...more });

describe("in the code", () => {
  test.each([
    [
      "a type with a function of its own",
      plain({ apiVersion: "folder.grafana.app/v1beta1", kind: "Folder" }),
      "code-object-known kind",
    ],
    [
      "a type whose objects Grafana names",
      plain({ apiVersion: "notifications.alerting.grafana.app/v0alpha1", kind: "Receiver", allowKnownKind: true }),
      "code-object-known kind",
    ],
    ["a version without a group", plain({ apiVersion: "v1" }), "code-property-invalid apiVersion"],
    [
      "a namespace",
      plain({ metadata: { name: "a", namespace: "org-2" } as never }),
      "code-property-invalid metadata.namespace",
    ],
    [
      "an annotation of Grafana",
      plain({ metadata: { name: "a", annotations: { "grafana.app/folder": "b" } } }),
      "code-property-invalid metadata.annotations.grafana.app/folder",
    ],
    [
      "a ResourcePermission, which has a function,",
      plain({ apiVersion: "iam.grafana.app/v0alpha1", kind: "ResourcePermission" }),
      "code-object-known kind",
    ],
    [
      "a LibraryPanel, which has a function,",
      plain({ apiVersion: "dashboard.grafana.app/v0alpha1", kind: "LibraryPanel" }),
      "code-object-known kind",
    ],
    [
      "a DataSource, which has a function,",
      plain({ apiVersion: "prometheus.datasource.grafana.app/v0alpha1", kind: "DataSource" }),
      "code-object-known kind",
    ],
    [
      "a Preferences, which has a function,",
      plain({ apiVersion: "preferences.grafana.app/v1alpha1", kind: "Preferences" }),
      "code-object-known kind",
    ],
    [
      "a type that contains a secret",
      plain({
        apiVersion: "secret.grafana.app/v1beta1",
        kind: "SecureValue",
        spec: { value: "x" },
        allowKnownKind: true,
      }),
      "code-secret-misplaced kind",
    ],
    ["a secure value", { ...plain(), secure: { token: { create: "x" } } }, "code-property-invalid secure"],
    ["a secret", plain({ spec: { token: secret(env("TOKEN")) } }), "code-secret-misplaced spec.token"],
  ])("%s is a fault", (_what, object, fault) => {
    expect(codeFaults(object)).toEqual([fault]);
  });

  test("an object that the code defines with its own kind too, and two versions of a type, are faults", () => {
    const own = folder({ uid: "a", title: "A" });
    const same = plain({ apiVersion: "folder.grafana.app/v1beta1", kind: "Folder", allowKnownKind: true });
    const other = plain({ apiVersion: "example.grafana.app/v0alpha1", metadata: { name: "b" } });

    expect(codeFaults(own, same)).toEqual(["code-resource-duplicate metadata.name"]);
    expect(codeFaults(plain(), other)).toEqual(["code-object-version apiVersion"]);
  });

  test("an object that a kind names by its title or by its target is found as a duplicate", () => {
    const of = (kind: string, name: string, spec: object) =>
      plain({
        apiVersion: "iam.grafana.app/v0alpha1",
        kind,
        metadata: { name },
        spec: { ...spec },
        allowKnownKind: true,
      });
    const target = { apiGroup: "folder.grafana.app", resource: "folders", name: "a" };
    const own = folder({ uid: "a", title: "A" });
    const duplicate = "code-resource-duplicate metadata.name";

    expect(codeFaults(team({ name: "SRE", members: [] }), of("Team", "x1", { title: "SRE" }))).toEqual([duplicate]);
    expect(codeFaults(team({ name: "SRE", members: [] }), of("Team", "SRE", { title: "Other" }))).toEqual([]);
    const account = serviceAccount({ name: "deploy", role: "Viewer" });
    expect(codeFaults(account, of("ServiceAccount", "x2", { title: "deploy" }))).toEqual([duplicate]);
    const permissions = folderPermissions({ folder: own, permissions: [{ role: "Viewer", permission: "View" }] });
    const same = of("ResourcePermission", "folder.grafana.app-folders-a", { resource: target, permissions: [] });
    expect(codeFaults(own, permissions, same)).toEqual([duplicate]);
  });

  test("each kind that Grafana serves under /apis is known", () => {
    const known = new Set([
      ...Object.values(KNOWN).flatMap((one) => one.kinds),
      ...Object.values(NAMED_BY_GRAFANA).map(kindName),
      // Each type of datasource has a group, and the others are parts of objects or have no API there.
      "datasource",
      "notification-routes",
      "public-dashboards",
    ]);
    expect([...kinds.keys()].filter((name) => name !== "api-object" && !known.has(name))).toEqual([]);
    const all = [...kinds.values()].flatMap(({ foreign }) => foreign?.manifests ?? []);
    const types = all.map(({ group, kind }) => `${group}/${kind}`);
    expect(types.filter((type) => type.includes(".grafana.app/") && !KNOWN[type] && !NAMED_BY_GRAFANA[type])).toEqual(
      [],
    );
  });
});

describe.runIf(KUBERNETES && MARKS)("objects of the example API", () => {
  test("properties that the schema lacks are faults before the first write", async () => {
    const { context, of } = await scene(EXAMPLE);
    const wrong = of({ firstFeild: "a", secondField: "2", list: { info: 1, other: true } });
    expect(await faultsOf(planFor(context, [wrong]))).toEqual([
      ["code-property-invalid", "spec.firstFeild"],
      ["code-property-invalid", "spec.secondField"],
      ["code-property-invalid", "spec.list.info"],
      ["code-property-invalid", "spec.list.other"],
    ]);
  });

  test("properties to ignore are kept and not compared; labels are compared only if the code names them", async () => {
    const { grafana, context, name, of } = await scene(EXAMPLE);
    const code = of({ firstField: "one", secondField: 1 }, { ignore: ["spec.secondField"] });
    await converge(context, [code]);
    await edit(grafana, EXAMPLE, name, { secondField: 7 });
    expect((await planFor(context, [code])).plan.changes).toEqual([]);

    const changed = of({ firstField: "two", secondField: 1 }, { ignore: ["spec.secondField"] });
    const labelled = { ...changed, metadata: { name, labels: { "example.org/team": "a" } } };
    await converge(context, [labelled], { overwriteDrift: { all: true, addresses: new Set() } });
    const stored = await find(grafana, EXAMPLE, name);
    expect(stored?.spec).toEqual({ firstField: "two", secondField: 7 });
    expect(stored?.metadata.labels).toMatchObject({ "example.org/team": "a" });

    const body = {
      ...stored,
      metadata: { ...stored?.metadata, labels: { "example.org/team": "b", "example.org/x": "y" } },
    };
    await grafana.other.send({ method: "PUT", path: pathOf(EXAMPLE, name), body });
    const { plan } = await converge(context, [labelled]);
    expect(plan.changes[0]?.differences.map(({ path }) => path)).toEqual(["metadata.labels.example.org/team"]);
    await converge(context, [anchor(grafana)], { prune: true });
  });

  test("a change of an ignored property is no drift when the code no longer has the object", async () => {
    const { grafana, context, name, address, of } = await scene(EXAMPLE);
    const ignore = ["spec.secondField"];
    const code = of({ firstField: "one", secondField: 1 }, { ignore });
    const directory = await runsFolder();
    const { run } = await carriedOut(context, await planFor(context, [code, anchor(grafana)]), directory);
    if (!run) throw new Error("the run was not recorded");
    await edit(grafana, EXAMPLE, name, { secondField: 7 });

    expect(actions(await planFor(context, [anchor(grafana)], { prune: true }))).toEqual({ [address]: "delete" });
    expect(actions(await undoOf(context, run))).toMatchObject({ [address]: "delete" });
    await edit(grafana, EXAMPLE, name, { firstField: "by hand" });
    const edited = await planFor(context, [anchor(grafana)], { prune: true });
    expect(changeOf(edited, address)).toMatchObject({ left: { reason: "drift" } });
    await edit(grafana, EXAMPLE, name, { firstField: "one" });
    await converge(context, [anchor(grafana)], { prune: true });
    expect(await find(grafana, EXAMPLE, name)).toBeUndefined();
  });

  test("a property that the code starts to ignore is no drift, and stays ignored", async () => {
    const { grafana, context, name, address, of } = await scene(EXAMPLE);
    await converge(context, [of({ firstField: "one", secondField: 1 })]);
    const ignore = ["spec.secondField"];

    const { plan } = await converge(context, [of({ firstField: "two" }, { ignore })]);
    expect(plan.changes).toMatchObject([{ action: "update", origin: "code" }]);
    expect((await find(grafana, EXAMPLE, name))?.spec).toEqual({ firstField: "two", secondField: 1 });
    await edit(grafana, EXAMPLE, name, { secondField: 7 });
    expect(actions(await planFor(context, [anchor(grafana)], { prune: true }))).toMatchObject({ [address]: "delete" });

    // Without another change.
    await converge(context, [of({ firstField: "two" }, { ignore: [...ignore, "spec.list"] }), anchor(grafana)]);
    await edit(grafana, EXAMPLE, name, { list: { info: "by Grafana" } });
    await converge(context, [anchor(grafana)], { prune: true });
    expect(await find(grafana, EXAMPLE, name)).toBeUndefined();
  });

  test("are created after the objects that they depend on, and deleted before", async () => {
    const { grafana, context, of } = await scene(EXAMPLE);
    const [a, b] = [grafana.name("a"), grafana.name("b")];
    const first = of({ firstField: "a" }, { metadata: { name: a } });
    const second = of({ firstField: "b" }, { metadata: { name: b }, dependsOn: [first] });

    const created = await converge(context, [second, first]);
    const deleted = await converge(context, [anchor(grafana)], { prune: true });

    const orderOf = ({ plan }: typeof created) =>
      plan.changes.filter(({ kind }) => kind === "api-object").map(({ needs }) => needs.length);
    expect(created.plan.changes.find(({ id }) => id.endsWith(b))?.needs).toContain(
      `api-object/example.grafana.app/Example/${a}`,
    );
    expect(orderOf(deleted)).toHaveLength(2);
  });

  test("a plan needs a list for each type, and reads no other type", async () => {
    const { grafana, context, of } = await scene(EXAMPLE);
    const many = ["a", "b", "c"].map((stem) => of({ firstField: stem }, { metadata: { name: grafana.name(stem) } }));
    await converge(context, many);
    const other = await grafana.context(context.owner);
    const before = grafana.requests.length;

    await planFor(other, many);

    const asked = grafana.requests.slice(before).filter(({ path }) => path.includes("example.grafana.app"));
    expect(asked.map(({ path }) => path.split("?")[0])).toEqual(
      expect.arrayContaining([
        "/apis/example.grafana.app/v1alpha1",
        pathOf(EXAMPLE),
        "/openapi/v3/apis/example.grafana.app/v1alpha1",
      ]),
    );
    expect(asked).toHaveLength(3);
    await converge(context, [anchor(grafana)], { prune: true });
  });

  test("a type that this Grafana does not serve is skipped, and everything else is applied", async () => {
    const { grafana, context } = await scene(EXAMPLE);
    const missing = plain({ apiVersion: "provisioning.grafana.app/v0alpha1", kind: "Repository" });
    const { plan } = await planFor(context, [missing, anchor(grafana)]);
    expect(plan.changes.map(({ kind, left }) => [kind, left?.reason])).toEqual(
      expect.arrayContaining([
        ["api-object", "unsupported"],
        ["folder", undefined],
      ]),
    );
  });

  test("a write keeps the finalizers and owners that controllers have set", async () => {
    const { grafana, context, of } = await scene(EXAMPLE);
    await converge(context, [of({ firstField: "one" })]);
    const theirs = {
      finalizers: ["example.org/cleanup"],
      ownerReferences: [{ apiVersion: "example.grafana.app/v1alpha1", kind: "Example", name: "owner", uid: "1" }],
    };
    const sent: unknown[] = [];
    const proxy = await faultyProxy(grafana.url, async ({ method, path, body, forward }) => {
      if (method === "PUT" && path.startsWith(pathOf(EXAMPLE))) sent.push(JSON.parse(body));
      if (method !== "GET" || !path.startsWith(`${pathOf(EXAMPLE)}?`)) return "pass";
      const { status, body: list = "" } = await forward();
      const { items, ...rest } = JSON.parse(list.toString()) as { items: Stored[] };
      const all = items.map((one) => ({ ...one, metadata: { ...one.metadata, ...theirs } }));
      return { status, body: JSON.stringify({ ...rest, items: all }) };
    });
    onTestFinished(() => proxy.close());

    await converge(await grafana.context(context.owner, { url: proxy.url }), [of({ firstField: "two" })]);

    expect(sent).toMatchObject([{ metadata: theirs }]);
    await converge(context, [anchor(grafana)], { prune: true });
  });

  test("a type whose objects belong to no organization is skipped, and not read", async () => {
    const { grafana, context, of } = await scene(EXAMPLE);
    const asked: string[] = [];
    const proxy = await faultyProxy(grafana.url, async ({ path, forward }) => {
      asked.push(path);
      if (path !== `/apis/${EXAMPLE.apiVersion}`) return "pass";
      const { status, body = "" } = await forward();
      return { status, body: body.toString().replaceAll(/"namespaced":\s*true/g, '"namespaced":false') };
    });
    onTestFinished(() => proxy.close());

    const { plan } = await planFor(await grafana.context(context.owner, { url: proxy.url }), [of({ firstField: "a" })]);

    expect(plan.changes.map(({ left }) => left?.reason)).toEqual(["unsupported"]);
    expect(asked.filter((path) => path.startsWith(`/apis/${EXAMPLE.apiVersion}/`))).toEqual([]);
  });

  test("a change of an object that decides about access requires the same consent as a deletion", async () => {
    const { grafana, context } = await scene(EXAMPLE);
    const group = "/apis/iam.grafana.app/v0alpha1";
    const verbs = ["create", "update", "delete", "list", "get"];
    const served = { resources: [{ name: "users", kind: "User", namespaced: true, verbs }] };
    const user = { metadata: { name: "a", resourceVersion: "1" }, spec: { title: "Before" } };
    const proxy = await faultyProxy(grafana.url, ({ path }) => {
      if (path === group) return { status: 200, body: JSON.stringify(served) };
      if (path.startsWith(`${group}/namespaces/default/users?`))
        return { status: 200, body: JSON.stringify({ metadata: {}, items: [user] }) };
      return "pass";
    });
    onTestFinished(() => proxy.close());
    const code = plain({ apiVersion: "iam.grafana.app/v0alpha1", kind: "User", spec: { title: "After" } });

    const plan = await planFor(await grafana.context(context.owner, { url: proxy.url }), [code], {
      adopt: only("api-object/iam.grafana.app/User/a"),
    });

    expect(plan.plan.changes).toMatchObject([{ action: "adopt", revokes: expect.any(String) as string }]);
  });

  test("an owned object stays owned while Grafana does not serve its type", async () => {
    const { grafana, context, name, address, of } = await scene(EXAMPLE);
    await converge(context, [of({ firstField: "one" }), anchor(grafana)]);
    const without = await withoutGroup(grafana, context.owner, "example.grafana.app");
    const more = folder({ uid: grafana.name("more"), title: "More" });

    // An apply without the object in the code, and one with it.
    const { plan } = await planFor(without, [anchor(grafana), more], { prune: true });
    expect(plan.changes).toMatchObject([{ kind: "folder", action: "create" }]);
    expect(plan.notes).toEqual([expect.stringContaining("example.grafana.app/Example")]);
    await converge(without, [anchor(grafana), more], { prune: true });
    await converge(without, [of({ firstField: "one" }), anchor(grafana)], { prune: true });

    expect((await planFor(context, [of({ firstField: "one" }), anchor(grafana)])).plan.changes).toEqual([]);
    const gone = await planFor(context, [anchor(grafana)], { prune: true });
    expect(gone.plan.notes).toEqual([]);
    expect(actions(gone)).toEqual({ [address]: "delete" });
    await converge(context, [anchor(grafana)], { prune: true });
    expect(await find(grafana, EXAMPLE, name)).toBeUndefined();
  });

  test("destroy keeps the ledger of an object whose type Grafana does not serve", async () => {
    const { grafana, context, name, of } = await scene(EXAMPLE);
    await converge(context, [of({ firstField: "one" })]);
    const without = await withoutGroup(grafana, context.owner, "example.grafana.app");

    await destroyed(without);
    expect(await find(grafana, EXAMPLE, name)).toBeDefined();

    await destroyed(context);
    expect(await find(grafana, EXAMPLE, name)).toBeUndefined();
  });

  test("an update and a rollback keep the properties next to spec that the code can't name", async () => {
    const { grafana, context, name, of } = await scene(EXAMPLE);
    const runs = await runsFolder();
    await converge(context, [of({ firstField: "one" })]);
    const path = `/apis/${EXAMPLE.apiVersion}/namespaces/default/examples/${name}`;
    const custom = { myField: "theirs", otherField: "too" };
    const edit = async (more: object) => {
      const now = (await grafana.other.send({ method: "GET", path })) as object;
      await grafana.other.send({ method: "PUT", path, body: { ...now, ...more } });
    };
    const stored = async () => ((await grafana.other.send({ method: "GET", path })) as { custom: object }).custom;
    await edit({ custom });
    expect(actions(await planFor(context, [of({ firstField: "one" })]))).toEqual({});

    const { run } = await carriedOut(context, await planFor(context, [of({ firstField: "two" })]), runs);
    if (!run) throw new Error("a run was expected");
    expect(await stored()).toEqual(custom);
    await edit({ custom: { myField: "later", otherField: "" } });
    await carriedOut(context, await undoOf(context, run), runs);
    expect(await stored()).toEqual(custom);
    expect(actions(await planFor(context, [of({ firstField: "one" })]))).toEqual({});
  });

  test("what a newer version added to an object is not a change if the code no longer names its type", async () => {
    const { grafana, context, name } = await scene(EXAMPLE);
    const v2 = (title: string) =>
      resource({
        apiVersion: "dashboard.grafana.app/v2beta1",
        kind: "Dashboard",
        metadata: { name },
        spec: spec(title, {}, tabs(tab("One", grid()))),
        allowKnownKind: true,
      });
    await converge(context, [v2("Board"), anchor(grafana)]);
    const type = `api-object/dashboard.grafana.app/Dashboard/${name}`;

    // Grafana prefers the classic schema, in which this object has another content.
    const gone = await planFor(context, [anchor(grafana)], { prune: true });
    expect(actions(gone)).toEqual({ [type]: "delete" });
    const board = objectPath("dashboard", name).replace("v1beta1", "v2beta1");
    const now = (await grafana.other.send({ method: "GET", path: board })) as { spec: object };
    await grafana.other.send({ method: "PUT", path: board, body: { ...now, spec: { ...now.spec, title: "By hand" } } });
    expect(actions(await planFor(context, [anchor(grafana)], { prune: true }))).toEqual({ [type]: "left: drift" });
    await converge(context, [v2("By hand"), anchor(grafana)]);
    await converge(context, [anchor(grafana)], { prune: true });
  });

  test.each([
    ["team sync", { kind: "ExternalGroupMapping", spec: { externalGroupId: "x", teamRef: { name: "y" } } }],
    ["custom roles", { kind: "Role", spec: { title: "R", permissions: [] } }],
    ["label-based rules", { kind: "TeamLBACRule", spec: {} }],
    [
      "permissions on datasources",
      {
        kind: "ResourcePermission",
        spec: { resource: { apiGroup: "prometheus.datasource.grafana.app", resource: "datasources", name: "p" } },
      },
    ],
  ])("%s, which Grafana Open Source lacks, are a fault before anything is written", async (_what, more) => {
    const { context, grafana } = await scene(EXAMPLE);
    const code = plain({ apiVersion: "iam.grafana.app/v0alpha1", ...more });
    grafana.requests.length = 0;
    await expect(planFor(context, [anchor(grafana), code])).rejects.toMatchObject({
      exitCode: 65,
      faults: [{ code: "grafana-edition-unsupported", path: "kind", file: "test.ts" }],
    });
    expect(grafana.requests.filter(({ path }) => path.includes("namespaces/default/externalgroupmappings"))).toEqual(
      [],
    );
  });

  test("what Grafana Open Source lacks is left to other editions", async () => {
    const { context, grafana } = await scene(EXAMPLE);
    const proxy = await faultyProxy(grafana.url, async ({ path, forward }) => {
      if (path !== "/api/frontend/settings") return "pass";
      const { status, body = "" } = await forward();
      return { status, body: body.toString().replaceAll("Open Source", "Enterprise") };
    });
    onTestFinished(() => proxy.close());
    const code = plain({ apiVersion: "iam.grafana.app/v0alpha1", kind: "Role", spec: { title: "R" } });
    const plan = await planFor(await grafana.context(context.owner, { url: proxy.url }), [code]);
    expect(plan.plan.changes.map(({ left }) => left?.reason)).toEqual(["unsupported"]);
  });

  test("the same object of another kind is not lost if the code changes to plain objects", async () => {
    const { grafana, context, name } = await scene(EXAMPLE);
    const own = playlist({ uid: name, title: "Wall", interval: "5m", items: [{ tag: "production" }] });
    await converge(context, [own]);
    const spec = { title: "Wall", interval: "5m", items: [{ type: "dashboard_by_tag", value: "production" }] };
    const object = plain({
      apiVersion: "playlist.grafana.app/v1",
      kind: "Playlist",
      metadata: { name },
      spec,
      allowKnownKind: true,
    });
    const address = `api-object/playlist.grafana.app/Playlist/${name}`;

    const plan = await planFor(context, [object]);
    expect(actions(plan)).toEqual({ [address]: "left: foreign" });
    await converge(context, [object], { adopt: only(address) });

    const after = await planFor(context, [object], { prune: true });
    expect(after.plan.changes).toEqual([]);
    await converge(context, [anchor(grafana)], { prune: true });
  });
});
