import { UncheckedSecretsSchema } from "./unchecked-secrets.ts";
import { z } from "zod";
import { writeBackJson, WriteBackSchema, type WriteBackReport } from "./write-back.ts";
import type { Outcome } from "../engine/events.ts";
import type { DriftReport } from "../engine/drift.ts";
import { countChanges } from "../engine/plan-summary.ts";
import type { Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { ProvisionError, InvalidCodeError, type ExitCode } from "../util/errors.ts";
import { StalePlan } from "../saved-plan/compare.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { ChangeSchema } from "./change-schema.ts";
import { DriftSchema } from "./drift-schema.ts";
import { envelopeOf, jsonLine, envelopeSchema, ErrorSchema } from "./envelope.ts";
import { RunSchema } from "./run-schema.ts";
import type { RunSummary } from "./runs.ts";

/** What a report has about one Grafana. */
const BODY = {
  error: ErrorSchema.optional().meta({
    description: "The command failed before it had a plan, or before the first write.",
  }),
  target: z
    .strictObject({
      type: z.enum(["grafana", "sandbox"]),
      url: z.string(),
      version: z.string(),
      namespace: z.string().optional().meta({ description: "Absent if Grafana serves only the legacy API." }),
    })
    .optional(),
  project: z.string().optional(),
  owner: z.string().optional(),
  run: z.strictObject({ id: z.string(), directory: z.string() }).optional().meta({
    description: "The run that recorded the previous state of the changed objects. Pass its id to `rollback`.",
  }),
  summary: z
    .strictObject({
      add: z.int(),
      change: z.int(),
      destroy: z.int(),
      left: z.int(),
      unchanged: z.int(),
      done: z.int().optional(),
      failed: z.int().optional(),
      skipped: z.int().optional(),
      cancelled: z.int().optional(),
    })
    .optional()
    .meta({ description: "The number of changes in the plan. The last four are present after an apply." }),
  changes: z.array(ChangeSchema).optional(),
  drift: z
    .array(DriftSchema)
    .optional()
    .meta({ description: "Written by `drift`: objects that differ from the last apply." }),
  writeBack: WriteBackSchema.optional().meta({
    description: "Written by `drift --write`: the edits made in Grafana that were written to the code, and the others.",
  }),
  notes: z
    .array(z.string())
    .optional()
    .meta({ description: "Other information, such as limitations of this Grafana." }),
  orphans: z
    .array(z.string())
    .optional()
    .meta({ description: "Owned objects that are no longer in the code. `--prune` deletes them." }),
  orphanTitles: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: "The titles of `orphans` by address, if Grafana returns them." }),
  unseen: z
    .array(z.strictObject({ kind: z.string(), missing: z.string(), resources: z.array(z.string()) }))
    .optional()
    .meta({ description: "Kinds that the credentials can't read." }),
  uncheckedSecrets: z.array(z.string()).optional(),
  uncheckedSecretReasons: z.array(UncheckedSecretsSchema).optional(),
  next: z.array(z.string()).optional().meta({ description: "Commands to run next." }),
};

/** The schema of `-o json` for `plan`, `apply`, `drift`, `destroy`, `rollback` and `restore`. Each writes one object to standard output. */
export const ReportSchema = z
  .strictObject({
    ...envelopeSchema(z.enum(["plan", "apply", "destroy", "rollback", "restore", "drift"])),
    ...BODY,
    environments: z
      .array(
        z.strictObject({
          name: z.string(),
          exitCode: z.int().meta({ description: "The exit code of the command on only this environment." }),
          wave: z.int().optional().meta({ description: "Written by `apply`: the number of its wave, from 1." }),
          ...BODY,
        }),
      )
      .optional()
      .meta({ description: "Written by a command on several environments: a report for each." }),
    pullRequest: z.strictObject({ number: z.int(), url: z.string().optional(), branch: z.string() }).optional().meta({
      description: "Written by `drift --write --pull-request`: the open pull request or merge request with the edits.",
    }),
    runs: z.array(RunSchema).optional().meta({ description: "Written by `rollback` without a run: newest first." }),
  })
  .meta({
    title: "Report of grafana-provision",
    description: "The output of `plan`, `apply`, `destroy`, `rollback`, `restore` and `drift` with `-o json`.",
  });

/** The parsed output of `-o json`. */
export type Report = z.infer<typeof ReportSchema>;

/** @internal */
export interface ReportInput {
  readonly command: Report["command"];
  readonly exitCode: number;
  readonly target: NonNullable<Report["target"]>;
  readonly owner: string;
  readonly plan: Plan;
  readonly outcomes?: readonly Outcome[];
  readonly run?: { readonly id: string; readonly directory: string };
  readonly next?: readonly string[];
}

/** Formats a plan, with its outcomes after an apply, as one line of JSON. @internal */
export function jsonReport(input: ReportInput): string {
  return jsonLine({ ...envelopeOf(input.command, input.exitCode), ...bodyOf(input) });
}

/** The plans of several environments, or the error of one, as one line of JSON. @internal */
export function jsonReports(command: "plan" | "apply", exitCode: number, all: readonly EnvironmentReport[]): string {
  const environments = all.map((one) => ({
    name: one.name,
    exitCode: one.exitCode,
    ...(one.wave === undefined ? {} : { wave: one.wave }),
    ...("error" in one ? { error: errorOf(one.error, one.exitCode) } : bodyOf(one)),
  }));
  return jsonLine({ ...envelopeOf(command, exitCode), environments });
}

/** @internal */
export type EnvironmentReport =
  (Omit<ReportInput, "command" | "exitCode"> & EnvironmentHead) | (EnvironmentHead & { readonly error: unknown });

/** @internal */
export interface EnvironmentHead {
  readonly name: string;
  readonly exitCode: ExitCode;
  readonly wave?: number;
}

function bodyOf(input: Omit<ReportInput, "command" | "exitCode">) {
  const { plan, outcomes } = input;
  const ended = new Map(outcomes?.map((outcome) => [address(outcome.change), outcome]));
  const count = (...statuses: Outcome["status"][]) =>
    (outcomes ?? []).filter(({ status }) => statuses.includes(status)).length;
  return {
    target: input.target,
    project: plan.project,
    owner: input.owner,
    ...(input.run ? { run: input.run } : {}),
    summary: {
      ...countChanges(plan),
      unchanged: plan.unchanged,
      ...(outcomes
        ? {
            done: count("done"),
            failed: count("failed", "conflict"),
            skipped: count("skipped"),
            cancelled: count("cancelled"),
          }
        : {}),
    },
    changes: plan.changes.map((change) => {
      const outcome = ended.get(address(change));
      return { address: address(change), ...change, ...(outcome ? { outcome: outcomeOf(outcome) } : {}) };
    }),
    notes: plan.notes,
    orphans: plan.orphans,
    ...(plan.orphanTitles ? { orphanTitles: plan.orphanTitles } : {}),
    unseen: plan.unseen,
    uncheckedSecrets: plan.uncheckedSecrets.map((one) => one.address),
    uncheckedSecretReasons: plan.uncheckedSecrets,
    next: input.next ?? [],
  };
}

/** Formats changes made in Grafana as one line of JSON. @internal */
export function jsonDrift(input: DriftInput & { readonly exitCode: number }): string {
  return jsonLine({ ...envelopeOf("drift", input.exitCode), ...driftBody(input) });
}

/** The drift of several environments, or the error of one, as one line of JSON. @internal */
export function jsonDrifts(
  exitCode: number,
  all: readonly (EnvironmentHead & (DriftInput | { readonly error: unknown }))[],
): string {
  const environments = all.map((one) => ({
    name: one.name,
    exitCode: one.exitCode,
    ...("error" in one ? { error: errorOf(one.error, one.exitCode) } : driftBody(one)),
  }));
  return jsonLine({ ...envelopeOf("drift", exitCode), environments });
}

interface DriftInput extends Pick<ReportInput, "target" | "owner"> {
  readonly report: DriftReport;
  readonly writeBack?: WriteBackReport;
  readonly pullRequest?: NonNullable<Report["pullRequest"]>;
}

function driftBody({ target, owner, report, writeBack, pullRequest }: DriftInput) {
  const { project, drift, unseen, notes } = report;
  return {
    target,
    project,
    owner,
    drift: drift.map((one) => ({ address: address(one), ...one })),
    ...(writeBack ? { writeBack: writeBackJson(writeBack) } : {}),
    ...(pullRequest ? { pullRequest } : {}),
    unseen,
    notes,
  };
}

/** Formats the recorded runs as one line of JSON. @internal */
export function jsonRuns(runs: readonly RunSummary[]): string {
  return jsonLine({ ...envelopeOf("rollback", 0), runs });
}

/** Formats the error of a command that failed before it had a plan. @internal */
export function jsonFailure(command: string, exitCode: number, error: unknown): string {
  return jsonLine({ ...envelopeOf(command, exitCode), error: errorOf(error, exitCode) });
}

function outcomeOf({ status, milliseconds, because, error }: Outcome) {
  return {
    status,
    milliseconds: Math.round(milliseconds),
    ...(because === undefined ? {} : { because }),
    ...(error ? { error: errorOf(error, 1) } : {}),
  };
}

function errorOf(error: unknown, exitCode: number) {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  const known = error instanceof ProvisionError ? error : undefined;
  const answer = error instanceof GrafanaError ? error : undefined;
  return {
    name,
    message,
    ...(known ? { code: known.code } : {}),
    exitCode: known?.exitCode ?? exitCode,
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
    ...(answer?.status === undefined ? {} : { status: answer.status }),
    ...(answer?.request === undefined ? {} : { request: answer.request }),
    ...(error instanceof StalePlan ? { moved: [...error.moved] } : {}),
    ...(error instanceof InvalidCodeError ? { faults: [...error.faults] } : {}),
  };
}
