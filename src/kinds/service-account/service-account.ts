import { z } from "zod";
import { changedSincePlan, createdSincePlan } from "../../engine/conflicts.ts";
import type { TokensFacet } from "../../engine/account-facets.ts";
import type { RollbackFacet } from "../../engine/facets.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Need } from "../../engine/permissions.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { ask, Confirmation } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { Rejected, unlessNotFound } from "../../grafana/errors.ts";
import { countOf } from "../../util/plural.ts";
import { textOf } from "../../util/json.ts";
import type { ServiceAccount } from "./builder.ts";
import {
  ACCOUNTS,
  findServiceAccount,
  listServiceAccounts,
  liveServiceAccount,
  type LiveServiceAccount,
} from "./live.ts";
import { ServiceAccountSchema } from "./schema.ts";
import { source } from "./source.ts";

type Content = Pick<LiveServiceAccount, "role" | "disabled">;

const Account = z.looseObject({ id: z.number() });
const ROLES: readonly string[] = ["None", "Viewer", "Editor", "Admin"];

const Snapshot = z.strictObject({ name: z.string(), role: ServiceAccountSchema.shape.role, disabled: z.boolean() });

const rollback: RollbackFacet<LiveServiceAccount> = {
  snapshot: ({ id: name, role, disabled }) => ({ name, role, disabled }),
  restoreSnapshot(context, snapshot) {
    const { name, role, disabled } = Snapshot.parse(snapshot);
    return liveServiceAccount({ id: 0, name, role, isDisabled: disabled, isExternal: false, tokens: 0 }, context);
  },
  limits: ({ live, fromBackup }) => ({
    losses: live || fromBackup ? [] : ["its tokens and its permissions on folders and dashboards are not restored"],
  }),
  revokes: (before, now) => revokedFrom(now, before),
  restore: (context, { before, live }) => save(context, before.id, live, before),
};

const Token = z.looseObject({ id: z.number(), key: z.string() });

const tokens: TokensFacet<LiveServiceAccount> = {
  create({ grafana }, { accountId }, { name, seconds = 0 }) {
    const body = { name, secondsToLive: seconds };
    return ask(grafana.client, { method: "POST", path: `${ACCOUNTS}/${accountId}/tokens`, body }, Token);
  },
  async remove({ grafana }, { accountId }, id) {
    await ask(grafana.client, { method: "DELETE", path: `${ACCOUNTS}/${accountId}/tokens/${id}` }, Confirmation);
  },
};

export const serviceAccountKind: ResourceKind<ServiceAccount, LiveServiceAccount> = {
  name: "service-account",
  dependsOn: [],
  marking: "ledger",
  // Grafana gives each account a number.
  idIs: "name",
  schema: ServiceAccountSchema,
  access: {
    read: { action: "serviceaccounts:read" },
    write: (_desired, live) => writeNeed(live),
    restore: (_before, live) => writeNeed(live),
    remove: ({ accountId }) => ({ action: "serviceaccounts:delete", scopes: [scopeOf(accountId)] }),
  },

  id: ({ name }) => name.trim(),
  title: ({ name }) => name.trim(),
  references: () => [],

  list: listServiceAccounts,
  find: findServiceAccount,

  desired: ({ resource: { role, disabled = false } }) => ({ role, disabled }),
  observed: ({ role, disabled }) => ({ role, disabled }),

  write: (context, { desired: { id, resource }, live }) =>
    save(context, id, live, { role: resource.role, disabled: resource.disabled ?? false }),
  remove: removeServiceAccount,
  rollback,

  checks: {
    revokes: ({ resource: { role, disabled = false } }, live) => revokedFrom(live, { role, disabled }),
  },
  deletion: {
    loss: ({ tokens }) =>
      tokens > 0 ? `revokes ${countOf(tokens, "token")}, which a rollback can't restore` : undefined,
  },
  existing: {
    async create(client, name) {
      await client.send({ method: "POST", path: ACCOUNTS, body: { name, role: "Viewer" } });
    },
  },
  reading: { onDemand: true },
  source,
  tokens,
  view: {
    section: { title: "Access", rank: 520 },
    risks: { deletion: "is deleted: programs that use its tokens lose their access" },
    facts: ({ role, disabled }) => [`role ${textOf(role)}${disabled === true ? ", disabled" : ""}`],
  },
};

/** `lowers the role from Admin to Viewer` */
function revokedFrom(before: Content, after: Content): string | undefined {
  const parts = [
    ...(ROLES.indexOf(after.role) < ROLES.indexOf(before.role)
      ? [`lowers the role from ${before.role} to ${after.role}`]
      : []),
    ...(after.disabled && !before.disabled ? ["disables the account, so that Grafana rejects its tokens"] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : undefined;
}

async function save(
  context: KindContext,
  name: string,
  live: LiveServiceAccount | undefined,
  { role, disabled }: Content,
): Promise<void> {
  const { client } = context.grafana;
  const body = { role, isDisabled: disabled };
  if (!live) {
    await create(client, { name, ...body });
    return;
  }
  const now = await findServiceAccount(context, name);
  if (now?.version !== live.version) throw changedSincePlan({ kind: "service-account", id: name });
  await ask(client, { method: "PATCH", path: `${ACCOUNTS}/${now.accountId}`, body }, Account);
}

async function create(client: Client, body: { readonly name: string }): Promise<void> {
  try {
    await ask(client, { method: "POST", path: ACCOUNTS, body }, Account);
  } catch (error) {
    // For a name that is taken, Grafana only returns "bad request".
    const isTaken = error instanceof Rejected && error.said?.includes("already exists");
    throw isTaken ? createdSincePlan({ kind: "service-account", id: body.name }) : error;
  }
}

async function removeServiceAccount(context: KindContext, live: LiveServiceAccount): Promise<void> {
  const now = await findServiceAccount(context, live.id);
  if (!now) return;
  if (now.version !== live.version) throw changedSincePlan({ kind: "service-account", id: live.id });
  const path = `${ACCOUNTS}/${now.accountId}`;
  await unlessNotFound(ask(context.grafana.client, { method: "DELETE", path }, Confirmation));
}

function writeNeed(live: LiveServiceAccount | undefined): Need {
  if (!live) return { action: "serviceaccounts:create" };
  return { action: "serviceaccounts:write", scopes: [scopeOf(live.accountId)] };
}

function scopeOf(id: number): string {
  return `serviceaccounts:id:${id}`;
}
