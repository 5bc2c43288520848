import axios from "axios";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { Engine } from "./engine.ts";
import type { HostClient } from "./host-client.ts";
import { readSecret, secretFile } from "./secret-files.ts";
import { ADMIN_PASSWORD } from "./services/grafana.ts";

/**
 * Throws exit 1 if Grafana rejects the password in the secrets file: Grafana stores the administrator's password in its
 * volume at the first start. Sends one request, because Grafana locks a user out after five failed logins.
 */
export async function checkPassword({
  url,
  user,
  out,
  container,
  engine,
  client,
}: {
  readonly url: string;
  readonly user: string;
  readonly out: string;
  readonly container: string;
  readonly engine: Engine;
  readonly client: HostClient | undefined;
}): Promise<void> {
  const password = (await readSecret(out, ADMIN_PASSWORD)) ?? "";
  const { status } = await axios.get(`${url}/api/user`, {
    auth: { username: user, password },
    proxy: false,
    ...(client === undefined ? {} : { httpsAgent: client.agent }),
    timeout: 10_000,
    validateStatus: () => true,
  });
  if (status !== 401) return;
  const file = secretFile(out, ADMIN_PASSWORD);
  throw new ProvisionError(`Grafana is running, but it rejects the password in ${file}`, {
    exitCode: EXIT.failure,
    code: "stack-password-mismatch",
    hint: `Grafana's volume was created with a different password. Write that password to the file, or reset Grafana's: ${engine.cli} exec -i ${container} grafana cli admin reset-admin-password --password-from-stdin < ${file}`,
  });
}
