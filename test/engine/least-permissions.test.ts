import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { apply } from "../../src/engine/apply.ts";
import { EMPTY_LEDGER } from "../../src/ownership/ledger.ts";
import { address } from "../../src/engine/model.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { NO_SECRETS } from "../../src/secrets/values.ts";
import { createClient } from "../../src/grafana/client.ts";
import type { Credentials } from "../../src/grafana/credentials.ts";
import { connect } from "../../src/grafana/connection.ts";
import {
  contactPoint,
  dashboard,
  datasource,
  folder,
  libraryPanel,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  notificationRoutes,
  ruleGroup,
} from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { pageAt } from "../content/docs/pages.ts";
import { converge, planFor } from "../helpers/converge.ts";

const { text } = pageAt("docs/permissions.md");
const rows = text.split("\n").filter((line) => line.startsWith("| `"));

/** The table in the documentation: the permissions of each kind and operation. */
function permissionsOf(kind: string): Record<"plan" | "create" | "update" | "delete", string[]> {
  const cells = rows.find((row) => row.includes(`\`${kind}\``))?.split("|") ?? [];
  const [plan, create, update, remove] = cells
    .slice(2, 6)
    .map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, action = ""]) => action));
  const more = kind === "rule-group" ? ["alert.provisioning.provenance:write"] : [];
  const record = kinds.get(kind)?.marking === "ledger" ? ["folders:read", "folders:write"] : [];
  const whole = (actions: string[] = []) => [...actions, ...more, ...record];
  return { plan: plan ?? [], create: whole(create), update: whole(update), delete: whole(remove) };
}

const home = folder({ uid: "home", title: "Home" });
const source = datasource({ uid: "ds", name: "DS", type: "prometheus", url: "http://prometheus:9090" });
const point = contactPoint({
  name: "base",
  integrations: [{ type: "email", settings: { addresses: "a@example.com" } }],
});

/** The objects that must exist first, and one object of each kind in two versions. */
const base = [home, source, point];
const scenes: Record<string, (version: "one" | "two") => { kind: string }> = {
  folder: (version) => folder({ uid: "inner", title: version, parent: home }),
  dashboard: (version) => dashboard({ uid: "board", folder: home, spec: { title: version } }),
  "library-panel": (version) =>
    libraryPanel({ uid: "shared", name: "Shared", folder: home, model: { type: "text", title: version } }),
  datasource: (version) =>
    datasource({ uid: "other", name: "Other", type: "loki", url: `http://${version}:3100`, isDefault: false }),
  "message-template": (version) =>
    messageTemplate({ name: "text", template: `{{ define "text" }}${version}{{ end }}` }),
  "mute-timing": (version) =>
    muteTiming({ name: "rest", time_intervals: [{ weekdays: [version === "one" ? "monday" : "sunday"] }] }),
  "contact-point": (version) =>
    contactPoint({
      name: "mail",
      integrations: [{ type: "email", settings: { addresses: `${version}@example.com` } }],
    }),
  "notification-policy": (version) =>
    notificationPolicy({ receiver: point, group_wait: version === "one" ? "30s" : "1m" }),
  "notification-routes": (version) =>
    notificationRoutes({ routes: [{ receiver: point, object_matchers: [["version", "=", version]] }] }),
  "rule-group": (version) =>
    ruleGroup({
      folder: home,
      title: "group",
      interval: version === "one" ? 60 : 120,
      rules: [
        {
          title: version,
          uid: "rule",
          condition: "A",
          data: [
            {
              refId: "A",
              datasource: source,
              relativeTimeRange: { from: 600, to: 0 },
              model: { expr: "up", instant: true },
            },
          ],
        },
      ],
    }),
};

async function contextAs(sandbox: Sandbox, credentials: Credentials): Promise<KindContext> {
  const client = await createClient({ url: sandbox.url, credentials });
  onTestFinished(() => client.close());
  const grafana = await connect(client, "own");
  return { grafana, owner: "own", ledger: EMPTY_LEDGER, secrets: NO_SECRETS, settings: {} };
}

async function sandboxOf(): Promise<{ sandbox: Sandbox; admin: KindContext }> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-sandbox-"));
  const sandbox = await startSandbox({ dataDirectory, mode: "unified" });
  onTestFinished(async () => {
    await sandbox.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });
  return { sandbox, admin: await contextAs(sandbox, { type: "basic", user: "admin", password: "admin" }) };
}

function limited(sandbox: Sandbox, actions: readonly string[]): Promise<KindContext> {
  // Every command needs read permissions, because it compares existing objects.
  const all = [...new Set([...actions, "folders:read", "datasources:read", ...READS])];
  const permissions = Object.fromEntries(all.map((action) => [action, [isScoped(action) ? "*" : ""]]));
  return contextAs(sandbox, { type: "token", token: sandbox.token({ permissions }) });
}

const READS = [...kinds.keys()].flatMap((kind) => permissionsOf(kind).plan);

function isScoped(action: string): boolean {
  return !action.startsWith("alert.notifications") && !action.startsWith("alert.provisioning");
}

describe.each(Object.keys(scenes))("the documented permissions for a %s", (kind) => {
  const make = scenes[kind];
  if (!make) throw new Error(`no scene for ${kind}`);
  const steps = [
    { verb: "create", before: base, after: [...base, make("one")] },
    { verb: "update", before: [...base, make("one")], after: [...base, make("two")] },
    { verb: "delete", before: [...base, make("one")], after: base },
  ] as const;

  test.each(steps)(
    "$verb: these permissions are sufficient, each is required, and a missing one is named",
    async (step) => {
      const { sandbox, admin } = await sandboxOf();
      await converge(admin, step.before, { prune: true });
      const needed = permissionsOf(kind)[step.verb];
      const prune = step.verb === "delete";
      expect(needed).not.toEqual([]);

      for (const action of needed.filter((one) => !READS.includes(one))) {
        const context = await limited(
          sandbox,
          needed.filter((one) => one !== action),
        );
        const { plan } = await planFor(context, step.after, { prune });
        const change = plan.changes.find((one) => one.kind === kind);
        expect(change?.left, `without ${action}`).toMatchObject({ reason: "forbidden" });
        expect(change?.left?.message).toContain(action);
      }

      const context = await limited(sandbox, needed);
      const prepared = await planFor(context, step.after, { prune });
      const outcomes = await apply(prepared.context, prepared, { kinds, concurrency: 8, emit: () => {} });
      expect(outcomes.map(({ change, status, error }) => [address(change), status, error?.message])).toEqual([
        [expect.stringContaining(kind), "done", undefined],
      ]);
      const { plan } = await planFor(admin, step.after, { prune: true });
      expect(plan.changes).toEqual([]);
    },
  );
});

test("a token without permissions gets an error: exit 3", async () => {
  const { sandbox } = await sandboxOf();
  const context = await contextAs(sandbox, { type: "token", token: sandbox.token({ permissions: {} }) });
  await expect(planFor(context, base)).rejects.toMatchObject({ exitCode: 3 });
});
