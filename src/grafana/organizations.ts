import { z } from "zod";
import { EXIT, ProvisionError, UsageError } from "../util/errors.ts";
import { createClient, type Client } from "./client.ts";
import type { ClientOptions } from "./client-options.ts";
import { Conflict, Forbidden, NotFound, Rejected } from "./errors.ts";

const Organization = z.looseObject({ id: z.number(), name: z.string() });
const Memberships = z.array(z.looseObject({ orgId: z.number(), name: z.string() }));
const Created = z.looseObject({ orgId: z.number() });

/**
 * The options of a client for the organization with this name. A token belongs to one organization, so its name is checked; with a
 * user and a password, the organization is looked up. `create`: called before a missing one is created; throws without consent.
 *
 * Throws (exit 64) if it does not exist, or the credentials have no access to it.
 */
export async function inOrganization(
  options: ClientOptions,
  name: string,
  create: (name: string) => Promise<void>,
): Promise<ClientOptions> {
  const client = await createClient(options);
  try {
    if (options.credentials.type === "token") return { ...options, orgId: await organizationOfToken(client, name) };
    const found = await organizationNamed(client, name);
    if (found !== undefined) return { ...options, orgId: found };
    await create(name);
    return { ...options, orgId: await createOrganization(client, name) };
  } finally {
    client.close();
  }
}

async function organizationOfToken(client: Client, name: string): Promise<number> {
  const own = Organization.parse(await client.send({ method: "GET", path: "/api/org" }));
  if (own.name === name) return own.id;
  throw organizationMissing(
    `The token belongs to the organization "${own.name}", and not to "${name}"`,
    "Use a token of a service account in this organization, or a user and a password.",
  );
}

/** Undefined if it does not exist. */
async function organizationNamed(client: Client, name: string): Promise<number | undefined> {
  try {
    const found = await client.send({ method: "GET", path: `/api/orgs/name/${encodeURIComponent(name)}` });
    return Organization.parse(found).id;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    if (!(error instanceof Forbidden)) throw error;
  }
  // Only server administrators can look up an organization.
  const own = Memberships.parse(await client.send({ method: "GET", path: "/api/user/orgs" }));
  const member = own.find((one) => one.name === name);
  if (member) return member.orgId;
  const names = own.map((one) => one.name).join(", ") || "no organization";
  throw organizationMissing(
    `The organization "${name}" does not exist, or the user is not a member of it`,
    `The user is a member of: ${names}. Only a server administrator can create an organization.`,
  );
}

async function createOrganization(client: Client, name: string): Promise<number> {
  try {
    const answer = await client.send({ method: "POST", path: "/api/orgs", body: { name } });
    return Created.parse(answer).orgId;
  } catch (error) {
    // Another run has created it.
    const taken = error instanceof Conflict || (error instanceof Rejected && error.status === 409);
    const found = taken ? await organizationNamed(client, name) : undefined;
    if (found !== undefined) return found;
    if (!(error instanceof Forbidden)) throw error;
    throw new ProvisionError(`The user may not create the organization "${name}"`, {
      exitCode: EXIT.notAuthorised,
      code: "grafana-permission-missing",
      hint: "Use the credentials of a server administrator, or create the organization in Grafana.",
    });
  }
}

/** The error about an organization that does not exist, or that the credentials have no access to. */
export function organizationMissing(message: string, hint: string): UsageError {
  return new UsageError(message, hint, "target-organization-missing");
}
