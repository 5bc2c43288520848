import { UncheckedSecretsSchema } from "./unchecked-secrets.ts";
import { z } from "zod";
import type { Outcome } from "../engine/events.ts";
import type { DriftReport } from "../engine/drift.ts";
import { countChanges } from "../engine/plan-summary.ts";
import type { Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { ProvisionError, InvalidCodeError } from "../util/errors.ts";
import { StalePlan } from "../saved-plan/compare.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { envelopeOf, envelopeSchema, ErrorSchema } from "./envelope.ts";
import type { RunSummary } from "./runs.ts";

const Value = z.json().meta({ description: "A value as Grafana's API has it; `(secret)` in a secret's place." });

const DifferenceSchema = z.strictObject({
  type: z.enum(["added", "removed", "changed"]),
  path: z.string().meta({
    description: "`panels[id=3].targets[refId=A].expr`; a panel in a collapsed row is named like any other.",
  }),
  labels: z.array(z.string()).meta({ description: "For people, from the outside in." }),
  before: Value.optional(),
  after: Value.optional(),
  meaning: z
    .enum(["moved", "resized", "moved and resized", "renamed", "reordered", "migrated"])
    .optional()
    .meta({ description: "What the change is called, where it has a name of its own." }),
  shown: z
    .strictObject({ before: z.string().optional(), after: z.string().optional() })
    .optional()
    .meta({ description: "Both values as people write them, where that is not their JSON: `last 10m`." }),
});

const OutcomeSchema = z.strictObject({
  status: z.enum(["done", "failed", "conflict", "skipped", "cancelled"]),
  milliseconds: z.number(),
  because: z.string().optional().meta({ description: "Why it was skipped." }),
  error: ErrorSchema.optional(),
});

const ChangeSchema = z.strictObject({
  address: z.string().meta({ description: "`dashboard/fastapi`" }),
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  action: z.enum(["create", "update", "adopt", "delete"]),
  source: z
    .strictObject({ file: z.string(), export: z.string() })
    .optional()
    .meta({ description: "Where the code asks for it; absent for a deletion." }),
  origin: z.enum(["code", "grafana", "both", "unknown"]).optional(),
  differences: z.array(DifferenceSchema),
  verified: z.boolean().meta({ description: "False: what Grafana would make of it could not be asked beforehand." }),
  sideEffect: z.string().optional(),
  loss: z.string().optional().meta({
    description: "Elements of the object that the code's form can't represent. Overwriting it requires its name.",
  }),
  left: z
    .strictObject({
      reason: z.enum(["foreign", "locked", "drift", "obstacle", "dependency", "not-empty", "forbidden"]),
      cause: z.literal("drift").optional().meta({
        description: "Present if it is skipped only because an object that was changed in Grafana is skipped.",
      }),
      edited: z.array(z.string()).optional().meta({
        description: "Objects whose changes made in Grafana this write would lose.",
      }),
      message: z.string(),
      hint: z.string().optional(),
      uncertain: z
        .literal(true)
        .optional()
        .meta({ description: "Present if it is unknown whether it was changed in Grafana." }),
    })
    .optional()
    .meta({ description: "Present: it is shown, and not done." }),
  needs: z.array(z.string()).meta({ description: "Changes that have to succeed first." }),
  updatedBy: z.string().optional().meta({ description: "As Grafana names who wrote it last: `user:UID`." }),
  updatedByName: z.string().optional().meta({
    description: "What Grafana calls `updatedBy`: absent where it doesn't say, and where `origin` is `code`.",
  }),
  updatedAt: z.string().optional(),
  outcome: OutcomeSchema.optional().meta({ description: "Absent in a plan, and for what was left." }),
});

const DriftSchema = z.strictObject({
  address: z.string(),
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  state: z
    .enum(["changed", "conflict", "missing", "lost-mark", "possibly-changed", "unknown", "foreign", "code"])
    .meta({
      description:
        "The first five are drift. `conflict`: the code was changed, too. `possibly-changed`: an older mark can't be compared. `code`: only the code was changed.",
    }),
  source: z.strictObject({ file: z.string(), export: z.string() }).optional(),
  inGrafana: z
    .array(DifferenceSchema)
    .optional()
    .meta({ description: "Changes made there; absent if the content that the last apply left is unknown." }),
  inCode: z.array(DifferenceSchema).optional(),
  conflicts: z.array(z.string()).meta({ description: "Paths that both changed, each to something else." }),
  differences: z.array(DifferenceSchema).meta({ description: "From Grafana to the code: what an apply would write." }),
  saves: z
    .array(z.strictObject({ by: z.string().optional(), byName: z.string().optional(), at: z.string().optional() }))
    .meta({ description: "Since the last apply, as far as Grafana tells, the newest first." }),
  note: z.string().optional(),
  hint: z.string().optional(),
});

const RunSchema = z.strictObject({
  id: z.string(),
  directory: z.string(),
  state: z.enum(["finished", "interrupted", "undone", "unreadable"]),
  detail: z.string().optional().meta({ description: "The run that undid it, or why it can't be read." }),
  command: z.string().optional(),
  undoes: z.string().optional().meta({ description: "The run that this one undid." }),
  who: z
    .strictObject({ user: z.string(), host: z.string(), login: z.string().optional(), job: z.string().optional() })
    .optional(),
  target: z
    .strictObject({
      type: z.enum(["grafana", "sandbox"]),
      url: z.string(),
      version: z.string(),
      namespace: z.string(),
    })
    .optional(),
  owner: z.string().optional(),
  figures: z
    .strictObject({ added: z.int(), changed: z.int(), destroyed: z.int(), failed: z.int() })
    .optional()
    .meta({ description: "What is known to have been done." }),
});

/** What `-o json` writes to standard output: one object, whatever happens. */
export const ReportSchema = z
  .strictObject({
    ...envelopeSchema(z.enum(["plan", "apply", "destroy", "rollback", "drift"])),
    error: ErrorSchema.optional().meta({
      description: "The command ended before it had a plan, or before the first write.",
    }),
    target: z
      .strictObject({
        type: z.enum(["grafana", "sandbox"]),
        url: z.string(),
        version: z.string(),
        namespace: z.string().optional().meta({ description: "Absent with the older API alone." }),
      })
      .optional(),
    project: z.string().optional(),
    owner: z.string().optional(),
    run: z
      .strictObject({ id: z.string(), directory: z.string() })
      .optional()
      .meta({ description: "Where the former state of what was written is kept: `rollback` takes the id." }),
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
      .meta({ description: "The plan's figures; the last four are of an apply." }),
    changes: z.array(ChangeSchema).optional(),
    drift: z.array(DriftSchema).optional().meta({ description: "Of `drift`: what is not as the last apply left it." }),
    notes: z
      .array(z.string())
      .optional()
      .meta({ description: "What the changes do not show, such as the limits of this Grafana." }),
    orphans: z
      .array(z.string())
      .optional()
      .meta({ description: "Owned, and no longer in the code; not deleted without `--prune`." }),
    unseen: z
      .array(z.strictObject({ kind: z.string(), missing: z.string(), resources: z.array(z.string()) }))
      .optional()
      .meta({ description: "Kinds that these credentials may not read." }),
    uncheckedSecrets: z.array(z.string()).optional(),
    uncheckedSecretReasons: z.array(UncheckedSecretsSchema).optional(),
    next: z.array(z.string()).optional().meta({ description: "Commands that go on from here." }),
    runs: z.array(RunSchema).optional().meta({ description: "Of `rollback` without a run: the newest first." }),
  })
  .meta({
    title: "Report of grafana-provision",
    description: "What `plan`, `apply`, `destroy`, `rollback` and `drift` write with `-o json`.",
  });

/** What `-o json` writes, parsed. */
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

/** A plan, and how it was carried out where it was, as one line of JSON. @internal */
export function jsonReport(input: ReportInput): string {
  const { plan, outcomes } = input;
  const ended = new Map(outcomes?.map((outcome) => [address(outcome.change), outcome]));
  const count = (...statuses: Outcome["status"][]) =>
    (outcomes ?? []).filter(({ status }) => statuses.includes(status)).length;
  const report = {
    ...envelopeOf(input.command, input.exitCode),
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
    unseen: plan.unseen,
    uncheckedSecrets: plan.uncheckedSecrets.map((one) => one.address),
    uncheckedSecretReasons: plan.uncheckedSecrets,
    next: input.next ?? [],
  };
  return `${JSON.stringify(report)}\n`;
}

/** What was changed in Grafana, as one line of JSON. @internal */
export function jsonDrift(
  input: Pick<ReportInput, "exitCode" | "target" | "owner"> & { readonly report: DriftReport },
): string {
  const { project, drift, unseen, notes } = input.report;
  const report = {
    ...envelopeOf("drift", input.exitCode),
    target: input.target,
    project,
    owner: input.owner,
    drift: drift.map((one) => ({ address: address(one), ...one })),
    unseen,
    notes,
  };
  return `${JSON.stringify(report)}\n`;
}

/** The runs that are kept. @internal */
export function jsonRuns(runs: readonly RunSummary[]): string {
  return `${JSON.stringify({ ...envelopeOf("rollback", 0), runs })}\n`;
}

/** A command that ended before it had a plan to show. @internal */
export function jsonFailure(command: string, exitCode: number, error: unknown): string {
  return `${JSON.stringify({ ...envelopeOf(command, exitCode), error: errorOf(error, exitCode) })}\n`;
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
    ...(known?.code === undefined ? {} : { code: known.code }),
    exitCode: known?.exitCode ?? exitCode,
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
    ...(answer?.status === undefined ? {} : { status: answer.status }),
    ...(answer?.request === undefined ? {} : { request: answer.request }),
    ...(error instanceof StalePlan ? { moved: [...error.moved] } : {}),
    ...(error instanceof InvalidCodeError ? { faults: [...error.faults] } : {}),
  };
}
