import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isObject, stableStringify, toJson, type Json } from "../util/json.ts";
import { codeOf, EXIT, ProvisionError, UsageError } from "../util/errors.ts";
import { PLAN_VERSION, PlanFile } from "./record.ts";
import { writeFileAtomic } from "../util/write-file-atomic.ts";
import { commandHere } from "../util/command-line.ts";

/** Writes a plan file atomically, readable only by its owner. Throws (exit 64) if it can't be written. */
export async function writePlanFile(path: string, plan: Omit<PlanFile, "digest">): Promise<void> {
  const text = JSON.stringify({ ...plan, digest: digestOf(plan) }, undefined, 2);
  try {
    await writeFileAtomic(path, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new UsageError(
      `--out: can't write ${path} (${codeOf(error)})`,
      "Pass the path of a file in an existing directory.",
      "file-not-writable",
    );
  }
}

/**
 * Reads a plan file. Throws exit 64 if it can't be read, 7 if it is not an unmodified plan of this format version. `again`: the
 * command that creates it again.
 */
export async function readPlanFile(path: string, again = commandHere("plan", "--out", path)): Promise<PlanFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    const hint = `Create a plan with \`${again}\`, or run \`${commandHere("apply")}\` without a plan file.`;
    throw new UsageError(`Can't read the plan ${path} (${codeOf(error)})`, hint, "plan-missing");
  }
  const content = parsed(text);
  if (content === undefined) throw refused(path, "it is not valid JSON; the file may be truncated", again);
  if (!isObject(content) || content["$kind"] !== "grafana-provision plan") {
    throw refused(path, "it was not written by `plan --out`", commandHere("plan", "--out", "plan.json"));
  }
  if (content["version"] !== PLAN_VERSION) {
    if (Number(content["version"]) > PLAN_VERSION) throw writtenByNewer(path, again);
    const version = JSON.stringify(content["version"] ?? null);
    throw refused(
      path,
      `its format version is ${version}, but this grafana-provision uses version ${PLAN_VERSION}`,
      again,
    );
  }
  const { digest, ...rest } = content;
  if (digest !== digestOf(rest)) throw refused(path, "it was modified after it was written", again);
  const { data: plan, error } = PlanFile.safeParse(content);
  if (plan) return plan;
  // The digest is correct, so a newer version wrote the unknown fields.
  if (error.issues.every(({ code }) => code === "unrecognized_keys")) throw writtenByNewer(path, again);
  throw refused(path, "its content does not match its format version", again);
}

/** Detects edits. Not a signature: a user who can apply a plan has no need to forge one. */
function digestOf(content: object): string {
  return `sha256:${createHash("sha256")
    .update(stableStringify(toJson(content)))
    .digest("hex")}`;
}

/** `again`: the command that creates a plan. */
function refused(path: string, why: string, again: string): ProvisionError {
  return new ProvisionError(`The plan ${path} can't be applied: ${why}`, {
    code: "plan-invalid",
    exitCode: EXIT.conflict,
    hint: `Create a new plan: ${again}`,
  });
}

function writtenByNewer(path: string, again: string): ProvisionError {
  return new ProvisionError(
    `The plan ${path} can't be applied: it was written by a newer version of grafana-provision`,
    {
      code: "plan-version-unsupported",
      exitCode: EXIT.conflict,
      hint: `Upgrade grafana-provision, or create a new plan: ${again}`,
    },
  );
}

/** Undefined if the text is not JSON. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
