import { expect, test } from "vitest";
import type { Plan } from "../../src/engine/change.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { contactPoint, env, folder, secret, type Integration } from "../../src/index.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { alertingGrafana, POINTS, theirPoint } from "./support.ts";

const VARIABLES = {
  ONE: "xoxb-one",
  TWO: "xoxb-two",
  HOOK: "http://127.0.0.1:1/hook-secret",
  GRAFANA_PROVISION_KEY: "key",
};

const slack = (recipient: string, variable = "ONE", more: object = {}): Integration => ({
  type: "slack",
  settings: { recipient, token: secret(env(variable)), text: "x", ...more },
});
const mail = (addresses: string): Integration => ({ type: "email", settings: { addresses, singleEmail: true } });
const hook = (path: string): Integration => ({ type: "webhook", settings: { url: `http://127.0.0.1:1/${path}` } });

interface Scene {
  readonly grafana: TestGrafana;
  readonly context: KindContext;
  readonly name: string;
  readonly code: (...integrations: Integration[]) => { kind: string }[];
  /** The integrations in Grafana, with their secrets in plain text. */
  readonly stored: () => Promise<Stored[]>;
  readonly uidOf: (part: string) => Promise<string>;
}

interface Stored {
  readonly uid: string;
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const base = await grafana.context(grafana.name("own"));
  const name = grafana.name("team");
  const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
  const stored = async () => {
    const path = `${POINTS}/export?format=json&decrypt=true&name=${name}`;
    const answer = (await grafana.other.send({ method: "GET", path })) as { contactPoints?: { receivers: Stored[] }[] };
    return answer.contactPoints?.[0]?.receivers ?? [];
  };
  return {
    grafana,
    context: { ...base, secrets: secretValues({ variables: VARIABLES }) },
    name,
    code: (...integrations) => [home, contactPoint({ name, integrations })],
    stored,
    uidOf: async (part) => {
      const found = (await stored()).filter(({ settings }) => JSON.stringify(settings).includes(part));
      expect(found, part).toHaveLength(1);
      return found[0]?.uid ?? "";
    },
  };
}

/** The paths of the plan's differences, by the uid of the integration. */
function differences({ changes }: Plan): string[] {
  return changes.flatMap((change) => change.differences.map(({ type, path }) => `${type} ${path}`));
}

test("reordering integrations without uids changes nothing, also with secrets", async () => {
  const { context, code } = await scene();
  await converge(context, code(slack("#a", "ONE"), mail("a@example.org"), slack("#b", "TWO"), hook("one")));
  const prepared = await planFor(
    context,
    code(hook("one"), slack("#b", "TWO"), mail("a@example.org"), slack("#a", "ONE")),
  );
  expect(prepared.plan.changes).toEqual([]);
});

test("removing the first integration removes only this one, and no secret moves to another address", async () => {
  const { context, code, name, stored, uidOf } = await scene();
  await converge(context, code(slack("#a", "ONE"), slack("#b", "TWO"), hook("one")));
  const [removed, kept] = [await uidOf("#a"), await uidOf("#b")];
  const { plan } = await converge(context, code(slack("#b", "TWO"), hook("one")));
  expect(differences(plan)).toEqual([`removed integrations[uid=${removed}]`]);
  expect(plan.changes.map(({ id }) => id)).toEqual([name]);
  expect(await uidOf("#b")).toBe(kept);
  expect((await stored()).map(({ settings }) => [settings["recipient"], settings["token"]])).toEqual(
    expect.arrayContaining([["#b", "xoxb-two"]]),
  );
  expect(JSON.stringify(await stored())).not.toContain("xoxb-one");
});

test.runIf(MARKS)(
  "integrations that differ only in the variable of a secret keep their uids [needs marks]",
  async () => {
    const { context, code, stored, uidOf } = await scene();
    await converge(context, code(slack("#same", "ONE"), slack("#same", "TWO")));
    const [one, two] = [await uidOf("xoxb-one"), await uidOf("xoxb-two")];
    expect((await planFor(context, code(slack("#same", "TWO"), slack("#same", "ONE")))).plan.changes).toEqual([]);
    const { plan } = await converge(context, code(slack("#same", "TWO")));
    expect(differences(plan)).toEqual([`removed integrations[uid=${one}]`]);
    expect((await stored()).map(({ uid, settings }) => [uid, settings["token"]])).toEqual([[two, "xoxb-two"]]);
  },
);

test("a changed setting of a reordered integration is the only difference", async () => {
  const { context, code, uidOf } = await scene();
  await converge(context, code(mail("a@example.org;b@example.org"), mail("c@example.org")));
  const uid = await uidOf("a@example.org");
  const { plan } = await converge(
    context,
    code(mail("c@example.org"), mail("a@example.org;b@example.org;d@example.org")),
  );
  expect(differences(plan)).toEqual([`changed integrations[uid=${uid}].settings.addresses`]);
});

test("an integration that is added first leaves the others as they are, and gets a uid of its own", async () => {
  const { context, code, stored, uidOf } = await scene();
  await converge(context, code(hook("one"), hook("two")));
  const before = [await uidOf("/one"), await uidOf("/two")];
  const { plan } = await converge(context, code(hook("zero"), hook("one"), hook("two")));
  expect(differences(plan)).toEqual([`added integrations[uid=${await uidOf("/zero")}]`]);
  expect([await uidOf("/one"), await uidOf("/two")]).toEqual(before);
  expect(new Set((await stored()).map(({ uid }) => uid)).size).toBe(3);
});

test("an integration of another type at the same place is a different one", async () => {
  const { context, code, uidOf } = await scene();
  await converge(context, code(slack("#a"), hook("one")));
  const old = await uidOf("#a");
  const { plan } = await converge(context, code(mail("a@example.org"), hook("one")));
  expect(differences(plan).toSorted()).toEqual([
    `added integrations[uid=${await uidOf("a@example.org")}]`,
    `removed integrations[uid=${old}]`,
  ]);
});

test("a reorder after which another user changed an integration is a change made in Grafana only", async () => {
  const { grafana, context, code, name, uidOf } = await scene();
  await converge(context, code(hook("one"), hook("two"), mail("a@example.org")));
  await theirPoint(grafana, await uidOf("/two"), { name, url: "http://127.0.0.1:1/two", title: "theirs" });
  const { plan } = await planFor(context, code(mail("a@example.org"), hook("two"), hook("one")));
  expect(plan.changes.map(({ origin, left }) => ({ origin, reason: left?.reason }))).toEqual(
    MARKS ? [{ origin: "grafana", reason: "drift" }] : [{ origin: "unknown", reason: undefined }],
  );
});

test("an adopted contact point keeps the uids of the integrations that the code has", async () => {
  const { grafana, context, code, name, uidOf } = await scene();
  await theirPoint(grafana, grafana.name("two"), { name, url: "http://127.0.0.1:1/two", headers: {} });
  await theirPoint(grafana, grafana.name("one"), { name, url: "http://127.0.0.1:1/one", headers: {} });
  const adopt = only(`contact-point/${name}`);
  const { plan } = await converge(context, code(hook("one"), hook("two")), { adopt });
  expect(plan.changes.filter(({ id }) => id === name).flatMap((one) => one.differences)).toEqual([]);
  expect([await uidOf("/one"), await uidOf("/two")]).toEqual([grafana.name("one"), grafana.name("two")]);
});

test("a uid of the code is never given to another integration", async () => {
  const { context, code, stored, uidOf } = await scene();
  await converge(context, code(hook("one"), hook("two")));
  const [one, two] = [await uidOf("/one"), await uidOf("/two")];
  await converge(context, code(hook("one"), { ...hook("three"), uid: one }, hook("two")));
  const all = await stored();
  expect(all.find(({ uid }) => uid === one)?.settings["url"]).toBe("http://127.0.0.1:1/three");
  expect(all.find(({ uid }) => uid === two)?.settings["url"]).toBe("http://127.0.0.1:1/two");
  expect(all).toHaveLength(3);
});

test.runIf(MARKS)(
  "a new integration with a secret does not change the other secrets, but a changed variable does [needs marks]",
  async () => {
    const { context, code, name, uidOf } = await scene();
    await converge(context, code(hook("one")));
    const { plan } = await converge(context, code(slack("#a", "ONE"), hook("one")));
    expect(differences(plan)).toEqual([`added integrations[uid=${await uidOf("#a")}]`]);
    expect(plan.notes.join()).not.toContain("GRAFANA_PROVISION_KEY");
    const more = await converge(context, code(slack("#b", "TWO"), hook("one"), slack("#a", "ONE")));
    expect(differences(more.plan)).toEqual([`added integrations[uid=${await uidOf("#b")}]`]);
    const other = await planFor(context, code(slack("#b", "ONE"), hook("one"), slack("#a", "ONE")));
    expect(differences(other.plan)).toEqual(["changed secrets"]);
    expect(other.plan.changes[0]).toMatchObject({ id: name, origin: "code" });
    const rotated = { ...context, secrets: secretValues({ variables: { ...VARIABLES, TWO: "xoxb-rotated" } }) };
    const after = await planFor(rotated, code(hook("one"), slack("#a", "ONE"), slack("#b", "TWO")));
    expect(differences(after.plan)).toEqual(["changed secrets"]);
  },
);

test.runIf(MARKS)(
  "a secret that becomes plain text, or the reverse, is a change of secrets [needs marks]",
  async () => {
    const { context, code } = await scene();
    const plain = { type: "slack", settings: { recipient: "#b", token: "xoxb-plain", text: "x" } };
    await converge(context, code(slack("#a", "ONE"), slack("#b", "TWO")));
    expect(differences((await planFor(context, code(plain, slack("#a", "ONE")))).plan)).toEqual(["changed secrets"]);
    await converge(context, code(plain, slack("#a", "ONE")));
    expect(differences((await planFor(context, code(slack("#b", "TWO"), slack("#a", "ONE")))).plan)).toEqual([
      "changed secrets",
    ]);
  },
);
