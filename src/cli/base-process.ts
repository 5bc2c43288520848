// Runs in a separate process that imports the modules of another revision.
import { join } from "node:path";
import { Writable } from "node:stream";
import { isEnvironment } from "../code/config.ts";
import { evaluate } from "../code/evaluate.ts";
import { execute } from "../engine/pipeline.ts";
import { NOTHING } from "../engine/selection.ts";
import { address } from "../engine/model.ts";
import { EXIT, InvalidCodeError } from "../util/errors.ts";
import { endProcess, guardProcess } from "./exit-guard.ts";
import { failureText } from "../report/failure.ts";
import { sandboxSession, type BaseAnswer, type BaseTask } from "./base-code.ts";
import { createExisting } from "./existing-objects.ts";
import { checked, goalOf, readConfig, report } from "./code.ts";

guardProcess((error) => process.stderr.write(failureText(error, { stream: process.stderr, color: false })));
// The parent process is gone.
process.once("disconnect", () => endProcess(EXIT.done));
process.once("message", (task: BaseTask) => void answer(task));

async function answer(task: BaseTask): Promise<void> {
  const result = await applyToSandbox(task).catch(failed);
  process.send?.(result, () => endProcess(EXIT.done));
}

function failed(error: unknown): BaseAnswer {
  if (error instanceof InvalidCodeError) return { type: "failed", message: "it is invalid", faults: error.faults };
  return { type: "failed", message: error instanceof Error ? error.message : String(error) };
}

/** Discards the warnings about code that is not under review. */
const NOWHERE = { stream: new Writable({ write: (_chunk, _encoding, done) => done() }), color: false };
const ALL = { ...NOTHING, all: true };

async function applyToSandbox({ directory, config, environment, owner, sandbox }: BaseTask): Promise<BaseAnswer> {
  const emit = () => {};
  const loadedConfig = await readConfig(config === undefined ? {} : { config: join(directory, config) });
  const name = environment === undefined || isEnvironment(loadedConfig, environment) ? environment : undefined;
  const code = checked(await evaluate(loadedConfig, name), loadedConfig);
  report(code.faults, loadedConfig, NOWHERE);
  const session = await sandboxSession(code, { owner, sandbox, emit });
  try {
    await createExisting(session.context.grafana, code, session.kinds);
    const consent = { adopt: ALL, overwriteDrift: ALL };
    const goal = goalOf(code, {}, { prune: false });
    const { outcomes, prepared } = await execute(session, { goal, consent, concurrency: 16, emit });
    const failures = outcomes.filter(({ status }) => status !== "done");
    const left = prepared.plan.changes.flatMap((change) => (change.left ? [{ change, why: change.left.message }] : []));
    const notes = [...failures.map(({ change, error }) => ({ change, why: error?.message ?? "skipped" })), ...left];
    return {
      type: "done",
      notes: notes.map(({ change, why }) => `${address(change)} could not be applied in its old version: ${why}`),
    };
  } finally {
    await session.close();
  }
}
