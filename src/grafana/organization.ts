import { z } from "zod";
import { UsageError } from "../util/errors.ts";
import type { Client } from "./client.ts";
import { GrafanaError, NotAuthenticated } from "./errors.ts";
import { hasBasicRole } from "./folder-scopes.ts";

const Memberships = z.array(z.looseObject({ orgId: z.number() }));

/**
 * Throws (exit 64) if the organization does not exist, or the credentials have no access to it. In both cases, Grafana
 * returns the permissions of a user without a role, or rejects a token. `permissions`: that response.
 */
export async function mustBeMember(
  client: Client,
  orgId: number,
  permissions: PromiseSettledResult<unknown>,
): Promise<void> {
  if (permissions.status === "rejected") {
    const { reason } = permissions as { reason: unknown };
    if (!(reason instanceof NotAuthenticated && /requested organization/i.test(reason.said ?? ""))) return;
    const hint = "Unset GRAFANA_ORG_ID and `orgId` of the environment: the token determines the organization.";
    throw missing(`The token does not belong to organization ${orgId}`, hint);
  }
  const known = z.record(z.string(), z.array(z.string())).safeParse(permissions.value).data;
  if (known && hasBasicRole(known)) return;
  const member = await membershipsOf(client);
  if (!member || member.includes(orgId)) return;
  const hint = `Check GRAFANA_ORG_ID, or \`orgId\` of the environment. The user is a member of: ${member.join(", ") || "no organization"}.`;
  throw missing(`Organization ${orgId} does not exist, or the user is not a member of it`, hint);
}

/** The ids of the user's organizations; undefined if they are unknown. */
async function membershipsOf(client: Client): Promise<number[] | undefined> {
  try {
    const answer = await client.send({ method: "GET", path: "/api/user/orgs", retries: 2 });
    return Memberships.safeParse(answer).data?.map(({ orgId }) => orgId);
  } catch (error) {
    if (error instanceof GrafanaError) return undefined;
    throw error;
  }
}

function missing(message: string, hint: string): UsageError {
  return new UsageError(message, hint, "target-organization-missing");
}
