import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { LookUp } from "../../engine/look-ups.ts";
import type { LiveObject } from "../../engine/model.ts";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { hash } from "../../util/json.ts";
import { ownershipIn } from "../access/ownership.ts";
import type { ServiceAccount } from "./builder.ts";

type Role = ServiceAccount["role"];

export interface LiveServiceAccount extends LiveObject {
  readonly accountId: number;
  readonly role: Role;
  readonly disabled: boolean;
  /** The number of tokens. A deletion revokes them. */
  readonly tokens: number;
}

const Listed = z.looseObject({
  id: z.number(),
  name: z.string(),
  login: z.string(),
  role: z.enum(["None", "Viewer", "Editor", "Admin"]),
  isDisabled: z.boolean().default(false),
  /** Set for the account of a plugin. */
  isExternal: z.boolean().default(false),
  tokens: z.number().default(0),
});
export type ListedServiceAccount = z.infer<typeof Listed>;

const Page = z.looseObject({ totalCount: z.number(), serviceAccounts: z.array(Listed) });

export const ACCOUNTS = "/api/serviceaccounts";
const PAGE = 1000;

/** All service accounts, or those whose name or login contains a text. */
async function readServiceAccounts(client: Client, text?: string): Promise<ListedServiceAccount[]> {
  const query = text === undefined ? "" : `&query=${encodeURIComponent(text)}`;
  const accounts: ListedServiceAccount[] = [];
  for (let page = 1; ; page++) {
    const path = `${ACCOUNTS}/search?perpage=${PAGE}&page=${page}${query}`;
    const found = await ask(client, { method: "GET", path }, Page);
    accounts.push(...found.serviceAccounts);
    if (found.serviceAccounts.length === 0 || accounts.length >= found.totalCount) return accounts;
  }
}

/** All service accounts, for look-ups of several objects. */
export const ALL_ACCOUNTS: LookUp<ListedServiceAccount[]> = {
  kind: "service-account",
  read: (client) => readServiceAccounts(client),
};

export async function listServiceAccounts(context: KindContext): Promise<LiveServiceAccount[]> {
  const accounts = await readServiceAccounts(context.grafana.client);
  return accounts.map((account) => liveServiceAccount(account, context));
}

export async function findServiceAccount(context: KindContext, id: string): Promise<LiveServiceAccount | undefined> {
  const accounts = await readServiceAccounts(context.grafana.client, id);
  const account = accounts.find(({ name }) => name === id);
  return account && liveServiceAccount(account, context);
}

export function liveServiceAccount(
  account: Pick<ListedServiceAccount, "id" | "name" | "role" | "isDisabled" | "isExternal" | "tokens">,
  context: KindContext,
): LiveServiceAccount {
  const { id: accountId, name, role, isDisabled, isExternal, tokens } = account;
  return {
    id: name,
    title: name,
    // Grafana has no versions of service accounts.
    version: hash({ id: accountId, role, isDisabled }),
    ...(isExternal
      ? { ownership: { state: "locked", manager: "a plugin", why: "Grafana manages the accounts of plugins" } }
      : ownershipIn(context, "service-account", name)),
    touched: true,
    complete: true,
    accountId,
    role,
    disabled: isDisabled,
    tokens,
  };
}
