import { ask } from "../grafana/ask.ts";
import { ApiGroups, type GrafanaConnection } from "../grafana/connection.ts";
import { Forbidden, GrafanaError, NotAuthenticated, UnsupportedGrafana } from "../grafana/errors.ts";
import { EXIT } from "../util/errors.ts";
import {
  findLeftovers,
  makeTemporaryFolder,
  removeLeftovers,
  type Purpose,
} from "../review/screenshots/temporary-folder.ts";
import type { Check, CheckResult } from "./check.ts";
import { CLASSIC } from "./checks/classic.ts";
import { ALERTING, FOLDER, VERSIONS } from "./checks/others.ts";
import { SCHEMA_V2 } from "./checks/schema-v2.ts";
import { CheckRequests, NotServed } from "./check-requests.ts";

/** The version that the expected answers were recorded from. */
export const RECORDED = "12.4.0";

export const CHECKS: readonly Check[] = [...VERSIONS, ...CLASSIC, ...SCHEMA_V2, ...ALERTING, ...FOLDER];

/** For tests, which imitate a killed run. */
export const PURPOSE: Purpose = { title: "checks of the API", command: "doctor", ruleGroup: true };

export interface DoctorOptions {
  readonly grafana: GrafanaConnection;
  readonly owner: string;
  /** The user and host of this run, shown in the temporary folder. */
  readonly who: string;
  readonly signal: AbortSignal;
  /** Called before each check. */
  readonly onCheck?: (check: Check) => void;
}

export interface Diagnosis {
  readonly results: readonly CheckResult[];
  /** What could not be deleted, and why. */
  readonly notes: readonly string[];
}

/**
 * Compares the answers of a Grafana with recorded ones. Writes only to a temporary folder, and deletes it afterwards, even
 * after a failure or an interrupt. The next run deletes the folder of a killed one. Throws `signal.reason` and errors that
 * end all checks: a lost connection, rejected credentials, or no permission to create folders.
 */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const { grafana, owner, who, signal } = options;
  const { client, namespace } = grafana;
  if (!grafana.marks || namespace === undefined) {
    throw new UnsupportedGrafana("This Grafana stores dashboards in SQL tables, which the checks can't use", {
      exitCode: EXIT.unsupportedGrafana,
      hint: "The checks need unified storage, which keeps the annotations of dashboards and folders (Grafana 12 and later).",
    });
  }
  const leftovers = await findLeftovers(grafana, owner);
  const notes = await removeLeftovers(grafana, leftovers, {}, signal);
  const { groups } = await ask(client, { method: "GET", path: "/apis" }, ApiGroups);
  const versions = new Map(groups.map(({ name, versions }) => [name, versions.map(({ version }) => version)]));
  const temporary = await makeTemporaryFolder(grafana, { owner, who, purpose: PURPOSE });
  const requests = new CheckRequests({ client, namespace, temporary, versions });
  const results: CheckResult[] = [];
  try {
    for (const check of CHECKS) {
      signal.throwIfAborted();
      temporary.lost.throwIfAborted();
      options.onCheck?.(check);
      results.push(await resultOf(check, requests));
    }
  } finally {
    notes.push(...(await cleanedUp(requests)), ...(await temporary.remove()));
  }
  return { results, notes };
}

async function cleanedUp(requests: CheckRequests): Promise<string[]> {
  try {
    await requests.cleanUp();
    return [];
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    return [`Some dashboards of the checks were not deleted: ${error.message}.`];
  }
}

async function resultOf(check: Check, requests: CheckRequests): Promise<CheckResult> {
  const { name, title, recorded } = check;
  const result = (state: CheckResult["state"], found: string): CheckResult => ({ name, title, recorded, state, found });
  try {
    const found = await check.run(requests);
    return result(found === recorded ? "same" : "different", found);
  } catch (error) {
    if (error instanceof NotServed || error instanceof Forbidden) return result("unchecked", error.message);
    const isAnswer =
      error instanceof GrafanaError && error.status !== undefined && !(error instanceof NotAuthenticated);
    if (!isAnswer) throw error;
    return result("different", error.message);
  }
}
