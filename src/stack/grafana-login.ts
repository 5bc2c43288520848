import axios from "axios";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { Engine } from "./engine.ts";
import { readSecret, secretFile } from "./secret-files.ts";
import { ADMIN_PASSWORD } from "./services/grafana.ts";

/**
 * Grafana takes its administrator's password at its very first start and keeps it in its volume. Throws exit 1 where
 * that is another one than the file has, with what to do. Asks once: Grafana locks a user out after five wrong ones.
 */
export async function refuseWrongPassword({
  url,
  user,
  folder,
  container,
  engine,
}: {
  readonly url: string;
  readonly user: string;
  readonly folder: string;
  readonly container: string;
  readonly engine: Engine;
}): Promise<void> {
  const password = (await readSecret(folder, ADMIN_PASSWORD)) ?? "";
  const { status } = await axios.get(`${url}/api/user`, {
    auth: { username: user, password },
    proxy: false,
    timeout: 10_000,
    validateStatus: () => true,
  });
  if (status !== 401) return;
  const file = secretFile(folder, ADMIN_PASSWORD);
  throw new ProvisionError(`Grafana runs, but its volume was made with another password than that in ${file}`, {
    exitCode: EXIT.failure,
    hint: `Write the former password into that file; or give Grafana this one: ${engine.cli} exec -i ${container} grafana cli admin reset-admin-password --password-from-stdin < ${file}`,
  });
}
