import { textOf } from "../../src/util/json.ts";
import { describe, expect, test } from "vitest";
import { secretValues } from "../../src/secrets/values.ts";
import { contactPoint, env, folder, secret } from "../../src/index.ts";
import { planText } from "../../src/report/text.ts";
import { actions, changeOf, find, collection } from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { alertingGrafana, points, theirPoint } from "./support.ts";

const URL = "http://127.0.0.1:1/hunter2";
const VARIABLES = { HOOK_URL: URL, OTHER_URL: "http://127.0.0.1:1/hunter2-other", GRAFANA_PROVISION_KEY: "key" };
const LEDGER = "grafana-provision/ledger";

async function start() {
  const grafana = await alertingGrafana();
  const base = await grafana.context(grafana.name("own"));
  const context = { ...base, secrets: secretValues({ variables: VARIABLES }) };
  const uid = grafana.name("hook");
  const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
  const integration = (stem: string, url: unknown) => ({ type: "webhook", uid: grafana.name(stem), settings: { url } });
  const code = (...integrations: { type: string; uid: string; settings: { url: unknown } }[]) => [
    home,
    contactPoint({ name: uid, integrations }),
  ];
  return { grafana, context, uid, name: `contact-point/${uid}`, home: home.uid ?? "", code, integration };
}

async function urls(grafana: TestGrafana): Promise<string[]> {
  const mine = (await points(grafana)).filter(({ name }) => name === grafana.name("hook"));
  return mine.map(({ settings }) => textOf(settings["url"])).toSorted();
}

/** Removes the places of secrets from the ledger, as an older version would have written it. */
async function forgetPlaces(grafana: TestGrafana, home: string): Promise<void> {
  const text = (await find(grafana, "folder", home))?.metadata.annotations[LEDGER] ?? "";
  const ledger = JSON.parse(text) as { entries: Record<string, unknown[]> };
  for (const [name, entry] of Object.entries(ledger.entries)) ledger.entries[name] = entry.slice(0, 4);
  await grafana.other.send({
    method: "PATCH",
    path: `${collection("folder")}/${home}`,
    body: { metadata: { annotations: { [LEDGER]: JSON.stringify(ledger) } } },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
}

describe("a webhook's URL that was a secret", () => {
  test("and is plain text in the code now was changed in the code, and is not printed", async () => {
    const { grafana, context, name, code, integration } = await start();
    await converge(context, code(integration("one", secret(env("HOOK_URL")))));
    const plain = code(integration("one", "http://127.0.0.1:1/plain"));

    const prepared = await planFor(context, plain);
    expect(changeOf(prepared, name)).toMatchObject({ action: "update", origin: "code" });
    const text = planText(prepared.plan, { stream: process.stdout, color: false });
    expect(text).toContain("(secret)");
    expect(text + JSON.stringify(prepared.plan)).not.toContain("hunter2");

    await converge(context, plain);
    expect(await urls(grafana)).toEqual(["http://127.0.0.1:1/plain"]);
    await theirPoint(grafana, grafana.name("one"), { name: grafana.name("hook"), url: "http://127.0.0.1:1/theirs" });
    expect(changeOf(await planFor(context, plain), name)).toMatchObject({ origin: "grafana" });
  });

  test("and whose integration is gone from the code was changed in the code, and is not printed", async () => {
    const { grafana, context, name, code, integration } = await start();
    const stays = integration("one", "http://127.0.0.1:1/plain");
    await converge(context, code(stays, integration("two", secret(env("HOOK_URL")))));

    const prepared = await planFor(context, code(stays));
    expect(changeOf(prepared, name)).toMatchObject({ action: "update", origin: "code" });
    expect(JSON.stringify(prepared.plan)).not.toContain("hunter2");
    await converge(context, code(stays));
    expect(await urls(grafana)).toEqual(["http://127.0.0.1:1/plain"]);
  });

  test("and is another setting's secret now was changed in the code", async () => {
    const { context, name, code, integration } = await start();
    await converge(context, code(integration("one", secret(env("HOOK_URL")))));
    const other = code({
      ...integration("one", "http://127.0.0.1:1/plain"),
      settings: { url: "http://127.0.0.1:1/plain", password: secret(env("OTHER_URL")) } as { url: unknown },
    });
    expect(changeOf(await planFor(context, other), name)).toMatchObject({ origin: "code" });
    await converge(context, other);
  });

  test("and was edited in Grafana and in the code was changed in both", async () => {
    const { grafana, context, name, code, integration } = await start();
    await converge(context, code(integration("one", secret(env("HOOK_URL")))));
    await theirPoint(grafana, grafana.name("one"), { name: grafana.name("hook"), url: URL, message: "theirs" });
    const prepared = await planFor(context, code(integration("one", "http://127.0.0.1:1/plain")));
    expect(changeOf(prepared, name)).toMatchObject({ origin: "both", left: { reason: "drift" } });
  });
});

describe("a contact point with a secret URL that is no longer in the code", () => {
  test("is pruned unless it was changed", async () => {
    const { grafana, context, name, code, integration } = await start();
    const all = code(integration("one", secret(env("HOOK_URL"))), integration("two", "http://127.0.0.1:1/plain"));
    await converge(context, all);
    await theirPoint(grafana, grafana.name("two"), { name: grafana.name("hook"), url: "http://127.0.0.1:1/theirs" });
    const [home] = all;

    expect(actions(await planFor(context, home ? [home] : [], { prune: true }))).toEqual({ [name]: "left: drift" });
    await theirPoint(grafana, grafana.name("two"), { name: grafana.name("hook"), url: "http://127.0.0.1:1/plain" });
    expect(actions(await planFor(context, home ? [home] : [], { prune: true }))).toEqual({ [name]: "delete" });
  });

  test("is skipped without --overwrite-drift if an older version did not record the places of its secrets", async () => {
    const { grafana, context, name, code, home, integration } = await start();
    const all = code(integration("one", secret(env("HOOK_URL"))));
    await converge(context, all);
    await forgetPlaces(grafana, home);
    expect(actions(await planFor(context, all))).toEqual({});
    const [folder] = all;
    const orphaned = await planFor(context, folder ? [folder] : [], { prune: true });
    expect(changeOf(orphaned, name)).toMatchObject({ action: "delete", left: { reason: "drift", uncertain: true } });
    await converge(context, folder ? [folder] : [], { prune: true, overwriteDrift: only(name) });
    expect(await urls(grafana)).toEqual([]);
  });
});
