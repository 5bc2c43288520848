import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isObject, stableStringify, toJson, type Json } from "../util/json.ts";
import { codeOf, EXIT, ProvisionError, UsageError } from "../util/errors.ts";
import { PLAN_VERSION, PlanFile } from "./record.ts";
import { writeFileAtomic } from "../util/write-file-atomic.ts";

/** Writes a plan, whole or not at all, readable by its owner alone. Throws exit 64 where the file can't be written. */
export async function writePlanFile(path: string, plan: Omit<PlanFile, "digest">): Promise<void> {
  const text = JSON.stringify({ ...plan, digest: digestOf(plan) }, undefined, 2);
  try {
    await writeFileAtomic(path, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new UsageError(
      `${path} can't be written (${codeOf(error)})`,
      "--out names a file in a folder that is there.",
    );
  }
}

/** Reads a plan. Throws exit 64 where there is no file, 7 where it is not one that this version wrote, as it wrote it. */
export async function readPlanFile(path: string): Promise<PlanFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    const hint = "Make one with `plan --out FILE`; without a plan, `apply` makes its own.";
    throw new UsageError(`The plan ${path} can't be read (${codeOf(error)})`, hint);
  }
  const content = parsed(text);
  if (content === undefined) throw refused(path, "it is no whole JSON: was it cut short?");
  if (!isObject(content) || content["$kind"] !== "grafana-provision plan") {
    throw refused(path, "it is no plan of grafana-provision");
  }
  if (content["version"] !== PLAN_VERSION) {
    if (Number(content["version"]) > PLAN_VERSION) throw writtenByNewer(path);
    const version = JSON.stringify(content["version"] ?? null);
    throw refused(path, `its format is version ${version}, and this is grafana-provision with version ${PLAN_VERSION}`);
  }
  const { digest, ...rest } = content;
  if (digest !== digestOf(rest))
    throw refused(path, "it was edited since it was written: what it says is not what was planned");
  const { data: plan, error } = PlanFile.safeParse(content);
  if (plan) return plan;
  // The checksum is right, so a later version added the unknown fields.
  if (error.issues.every(({ code }) => code === "unrecognized_keys")) throw writtenByNewer(path);
  throw refused(path, "its content differs from the format that this version writes");
}

/** Tells an edit by hand, and is no signature: whoever can apply needs no forged plan. */
function digestOf(content: object): string {
  return `sha256:${createHash("sha256")
    .update(stableStringify(toJson(content)))
    .digest("hex")}`;
}

function refused(path: string, why: string): ProvisionError {
  return new ProvisionError(`The plan ${path} can't be applied: ${why}`, {
    exitCode: EXIT.conflict,
    hint: "Make a new one with `plan --out FILE`.",
  });
}

function writtenByNewer(path: string): ProvisionError {
  return new ProvisionError(
    `The plan ${path} can't be applied: a newer version of grafana-provision wrote it, and this one can't read it`,
    {
      exitCode: EXIT.conflict,
      hint: "Upgrade grafana-provision to at least that version, or make a new plan with `plan --out FILE`.",
    },
  );
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
