import { compareEnvironments, idInCode, type Item, type Side } from "../../engine/compare-environments.ts";
import { propose } from "../../engine/pipeline.ts";
import { NOTHING } from "../../engine/selection.ts";
import type { Plan } from "../../engine/change.ts";
import { address, parseAddress } from "../../engine/model.ts";
import { kinds } from "../../kinds/index.ts";
import { compareJson, compareMarkdown, compareText, type ComparedSide } from "../../report/compare.ts";
import { formOf } from "../../rollback/forms.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { codeOfAll } from "../code-of-all.ts";
import { goalOf, readConfig, report, type CheckedCode } from "../code.ts";
import { ioOf, type Io } from "../io.ts";
import { selectorOf, type CommonOptions } from "../options.ts";
import { openSession, targetFor } from "../session.ts";
import { emitFor } from "../several.ts";
import type { Target } from "../target.ts";
import { environmentOf, type LoadedConfig } from "../../code/config.ts";

export interface CompareOptions extends Omit<CommonOptions, "env" | "url" | "sandbox"> {
  readonly from: string;
  readonly to: string;
  /** Whether to compare the code for both environments, without Grafana. */
  readonly code?: boolean;
}

interface ReadSide extends Side, ComparedSide {
  readonly unseen: Plan["unseen"];
}

/** Compares two environments resource by resource, with their mappings applied. Writes nothing. */
export async function compare(options: CompareOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const { from, to } = options;
  if (from === to)
    throw new UsageError("--from and --to name the same environment", "Use two environments.", "option-conflict");
  const loadedConfig = await readConfig(options);
  for (const name of [from, to]) environmentOf(loadedConfig, name);
  const { codes, faults } = await codeOfAll(loadedConfig, [from, to]);
  report(faults, loadedConfig, io.errors);
  const sides = options.code === true ? inCode(codes, options) : await inGrafana(loadedConfig, codes, options, io);
  const [first, second] = sides;
  if (!first || !second) throw new Error("a comparison has two sides");
  io.progress.stop();
  const found = compareEnvironments(first, second, kinds);
  const unseen = [...first.unseen, ...second.unseen];
  const exitCode = found.unequal.length > 0 ? EXIT.differences : unseen.length > 0 ? EXIT.notAuthorised : EXIT.done;
  const shown = { from: first, to: second, ...found, unseen };
  io.result.stream.write(
    options.output === "json"
      ? compareJson(shown, exitCode)
      : options.output === "markdown"
        ? compareMarkdown(shown)
        : compareText(shown, io.result),
  );
  return exitCode;
}

function inCode(codes: readonly CheckedCode[], { only }: CompareOptions): ReadSide[] {
  const selected = selectorOf(only);
  return codes.map(({ desired, mapping, environment: name = "" }) => ({
    name,
    description: "the code",
    mapping,
    unseen: [],
    items: desired.filter(selected).map((one): Item => {
      const { kind, title } = one;
      return { kind, id: idInCode(one, kinds, mapping), title, desired: one };
    }),
  }));
}

async function inGrafana(
  loadedConfig: LoadedConfig,
  codes: readonly CheckedCode[],
  options: CompareOptions,
  io: Io,
): Promise<ReadSide[]> {
  // Before the first request, so that a wrong setting of one environment is found at once.
  const targets: Target[] = [];
  for (const { environment: env = "" } of codes)
    targets.push(await targetFor(loadedConfig, { ...options, env }, { several: true }));
  return Promise.all(codes.map((code, index) => readSide(code, targets[index], options, io)));
}

async function readSide(
  code: CheckedCode,
  target: Target | undefined,
  given: CompareOptions,
  { progress }: Io,
): Promise<ReadSide> {
  const { mapping, environment: name = "" } = code;
  const options = { ...given, env: name };
  const emit = emitFor(name, progress.emit);
  const session = await openSession(code.loadedConfig, options, emit, code.desired, target);
  try {
    // Adopts and prunes, so that objects without a mark and objects that are no longer in the code are compared too.
    const consent = { adopt: { ...NOTHING, all: true }, overwriteDrift: NOTHING };
    const goal = goalOf(code, options, { prune: true, keepForms: true });
    const proposal = await propose(session, goal, consent, emit);
    const { plan, removals } = await proposal.plan(consent);
    const items = proposal.comparisons.flatMap((comparison): Item[] => {
      const { desired, live, differences, forms, hidden } = comparison;
      if (!live && hidden !== true) return [];
      const { kind, title } = desired;
      const observed = differences.length > 0 ? forms?.observed : undefined;
      const id = idInCode(desired, kinds, mapping);
      return [{ kind, id, title, desired, ...(live ? { live } : {}), ...(observed ? { observed } : {}) }];
    });
    const gone = plan.changes.filter(({ action }) => action === "delete");
    const others = gone.map((change): Item => {
      const live = removals.get(address(change));
      const kind = kinds.get(change.kind);
      const { id } = parseAddress(address(change));
      const observed = live?.complete === true && kind ? formOf(kind, live) : undefined;
      return {
        kind: change.kind,
        id,
        title: change.title,
        ...(live ? { live } : {}),
        ...(observed ? { observed } : {}),
      };
    });
    return { name, description: session.description, mapping, unseen: plan.unseen, items: [...items, ...others] };
  } finally {
    await session.close();
  }
}
