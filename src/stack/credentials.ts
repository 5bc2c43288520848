import { createHash } from "node:crypto";
import { compare, hash } from "bcryptjs";
import { completeAccess, OWN_USER, SECRET, TLS_FILES, hasFiles, userSecret } from "./access.ts";
import { contextOf } from "./context.ts";
import { accessOn, type Target } from "./target.ts";
import type { Stack } from "./definition.ts";
import { ensureSecret, markChanged, readSecret, writeSecret } from "./secret-files.ts";
import type { ServedAccess } from "./access-types.ts";
import { ADMIN_PASSWORD } from "./services/grafana.ts";
import { yamlOf } from "./yaml-text.ts";

/** Rounds of bcrypt, as a power of two. Prometheus' documentation recommends 10: services compute it for each new client. */
const COST = 10;

/**
 * Generates the passwords that don't exist, and writes what services need of them to the directory `secrets`: hashes for the
 * proxy, Prometheus, Alertmanager and Redis. A hash of an unchanged password is kept, so that a second run changes nothing.
 * Returns all passwords.
 */
export async function ensureCredentials(
  stack: Stack,
  out: string,
  target: Target = "compose",
): Promise<readonly string[]> {
  const access = accessOn(target, completeAccess(stack));
  if (stack.logs.isMultiTenant) await writeSecret(out, SECRET.tenant, `${stack.logs.tenant}\n`);
  const grafana = stack.services.has("grafana") ? [await ensureSecret(out, ADMIN_PASSWORD)] : [];
  if (access === undefined) return grafana;
  const own = await ensureSecret(out, SECRET.own);
  const users = new Map([[OWN_USER, own]]);
  for (const user of access.users) users.set(user, await ensureSecret(out, userSecret(user)));
  const former = hashesIn(await readSecret(out, SECRET.proxyUsers));
  const hashes = await hashesOf(users, former);
  // Before the hashes are written: after an interrupted run, they would hide the change.
  if (former.get(OWN_USER) !== hashes.get(OWN_USER)) await markChanged(out, SECRET.own);
  const redis = stack.services.has("redis") ? await ensureSecret(out, SECRET.redis) : undefined;
  const files = new Map([
    [SECRET.proxyUsers, [...hashes].map(([user, hash]) => `${user} ${hash}\n`).join("")],
    [SECRET.web, webConfig(access, hashes)],
    ...(redis === undefined ? [] : redisFiles(stack, access, redis)),
  ]);
  for (const [name, text] of files) await writeSecret(out, name, text);
  return [...grafana, ...users.values(), ...(redis === undefined ? [] : [redis])];
}

/** Hashes by user, from a file that has each of them after its user. */
function hashesIn(text: string | undefined): ReadonlyMap<string, string> {
  return new Map(
    (text ?? "").split("\n").map((line) => {
      const [user = "", hash = ""] = line.split(" ");
      return [user, hash] as const;
    }),
  );
}

/** Hashes by user. A former one is kept if it fits the password. */
async function hashesOf(
  users: ReadonlyMap<string, string>,
  former: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const [user, password] of users) {
    const known = former.get(user);
    hashes.set(user, known !== undefined && (await compare(password, known)) ? known : await hash(password, COST));
  }
  return hashes;
}

/** https://prometheus.io/docs/prometheus/latest/configuration/https/ */
function webConfig(access: ServedAccess, hashes: ReadonlyMap<string, string>): string {
  return yamlOf({
    ...(hasFiles(access)
      ? {
          tls_server_config: { cert_file: TLS_FILES.certificate, key_file: TLS_FILES.key, min_version: "TLS12" },
        }
      : {}),
    basic_auth_users: Object.fromEntries(hashes),
  });
}

/** Redis' users, and the password file of its exporter, whose keys are addresses. */
function redisFiles(stack: Stack, access: ServedAccess, password: string): [string, string][] {
  const digest = createHash("sha256").update(password).digest("hex");
  const address = contextOf(stack).address("redis", "redis") ?? "";
  const scheme = hasFiles(access) ? "rediss" : "redis";
  return [
    [SECRET.redisUsers, `user default on #${digest} ~* &* +@all\n`],
    [SECRET.redisExporter, `${JSON.stringify({ [`${scheme}://${address}`]: password })}\n`],
  ];
}
