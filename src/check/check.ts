import pLimit from "p-limit";
import { address, type Desired } from "../engine/model.ts";
import type { Queried, QueriedBoard, QueriedPanel, QueriedRule } from "../engine/queried.ts";
import type { Kinds } from "../engine/resource.ts";
import { isBuiltIn, variablesIn } from "../lint/variables.ts";
import { BoardCheck, skippedPanel } from "./board.ts";
import { Interrupted, limited } from "./limited.ts";
import type { Backend, CheckedItem, Range } from "./model.ts";
import { prepare, writtenText } from "./prepare.ts";
import { Runner } from "./run.ts";
import { variableText } from "./variables.ts";
import { stateOf } from "./state.ts";

export interface CheckInput {
  readonly desired: readonly Desired[];
  readonly selected: (one: Desired) => boolean;
  readonly kinds: Kinds;
  readonly backend: Backend;
  readonly range: Range;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Limits the check to queries with such a text. Default: all. The queries of variables are always run, but then not reported. */
  readonly isWanted?: (address: string, text: string) => boolean;
}

/** What was found, also after an interrupt. */
export interface CheckResult {
  readonly items: readonly CheckedItem[];
  readonly interrupted: boolean;
}

/** Runs the queries of all panels, variables, annotations and rules. A query that fails doesn't stop the others. */
export async function checkQueries(input: CheckInput): Promise<CheckResult> {
  const { desired, selected, kinds, range, concurrency, signal, isWanted = () => true } = input;
  const runner = new Runner(limited(input.backend, concurrency, signal));
  const items: CheckedItem[] = [];
  const queried = (one: Desired): Queried => kinds.get(one.kind)?.lint?.queried?.(one) ?? {};
  const shared = sharedPanels(desired, queried);
  const used = new Set<string>();
  const isPanelWanted = (one: Desired, { targets }: Pick<QueriedPanel, "targets">) =>
    targets.some((target) => isWanted(address(one), writtenText(target)));
  // A limit of its own, so that not all dashboards are in memory at once.
  const limit = pLimit(concurrency);
  const boards = desired.filter(selected).map((one) =>
    limit(async () => {
      const name = address(one);
      const isOneWanted = (asked: Pick<QueriedPanel, "targets">) => isPanelWanted(one, asked);
      const { board, rules = [] } = queried(one);
      const add = (item: Omit<CheckedItem, "address" | "source">) =>
        items.push({ address: name, source: one.source, ...item });
      if (board) {
        const { panels, annotations, variables } = withShared(board, shared, used);
        const wanted = {
          variables,
          panels: panels.filter(isOneWanted),
          annotations: annotations.filter(({ target }) => isOneWanted({ targets: [target] })),
        };
        const isReported = (text: string) => isWanted(name, text);
        const isAsked = variables.some((variable) => variable.target && isReported(variableText(variable)));
        // Variables are only resolved if something needs them.
        if (isAsked || wanted.panels.length + wanted.annotations.length > 0)
          await new BoardCheck(runner, wanted, range, isReported).run(add);
      }
      await Promise.all(rules.filter(isOneWanted).map(async (rule) => add(await checkRule(rule, runner, range))));
    }),
  );
  const unused = async () => {
    for (const [id, { panel, one }] of shared)
      if (selected(one) && !used.has(id) && isPanelWanted(one, panel)) {
        const add = (item: Omit<CheckedItem, "address" | "source">) =>
          items.push({ address: address(one), source: one.source, ...item });
        const board = { panels: [panel], variables: [], annotations: [] };
        if (usesVariables(panel)) add(skippedPanel(panel, "it uses variables, which only dashboards define"));
        else await new BoardCheck(runner, board, range).run(add);
      }
  };
  const ended = await Promise.allSettled([...boards, Promise.allSettled(boards).then(unused)]);
  const failed = ended.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const other = failed.find((error) => !(error instanceof Interrupted));
  if (other !== undefined) throw other;
  return { items: inOrder(items, desired), interrupted: signal.aborted };
}

type Shared = ReadonlyMap<string, { readonly panel: QueriedPanel; readonly one: Desired }>;

/** The panels that dashboards share, by id. */
function sharedPanels(desired: readonly Desired[], queried: (one: Desired) => Queried): Shared {
  // Most kinds have none, and dashboards are large.
  const found = new Map<string, { readonly panel: QueriedPanel; readonly one: Desired }>();
  const without = new Set<string>();
  for (const one of desired) {
    if (without.has(one.kind)) continue;
    const panel = queried(one).sharedPanel;
    if (panel) found.set(one.id, { panel, one });
    else without.add(one.kind);
  }
  return found;
}

/** The board with the queries of shared panels, which use its variables. */
function withShared(board: QueriedBoard, shared: Shared, used: Set<string>): QueriedBoard {
  const panels = board.panels.map((panel) => {
    const { sharedId, ...own } = panel;
    const found = sharedId === undefined ? undefined : shared.get(sharedId);
    if (sharedId === undefined || !found) return panel;
    used.add(sharedId);
    return { ...found.panel, path: own.path, title: own.title || found.panel.title, repeatedBy: own.repeatedBy };
  });
  return { ...board, panels };
}

/** Whether only the dashboards that show a panel define its variables. */
function usesVariables({ targets }: QueriedPanel): boolean {
  return variablesIn(JSON.stringify(targets)).some(({ name }) => !isBuiltIn(name));
}

async function checkRule(
  rule: QueriedRule,
  runner: Runner,
  { to }: Range,
): Promise<Omit<CheckedItem, "address" | "source">> {
  const { path, title, targets } = rule;
  const ranges = new Map(
    targets.map((target) => [target.refId, { from: to - target.from * 1000, to: to - target.to * 1000 }]),
  );
  const scope = { values: new Map(), range: { from: to, to }, intervalMs: 1000, scrapeMs: 15_000 };
  const prepared = prepare(targets, scope, { backend: runner.backend, options: {}, ranges });
  const queries = await runner.results(prepared);
  return { path, role: "rule", title, state: stateOf(queries), queries };
}

function inOrder(items: readonly CheckedItem[], desired: readonly Desired[]): CheckedItem[] {
  const places = new Map(desired.map((one, index) => [address(one), index]));
  const place = (item: CheckedItem) => places.get(item.address) ?? 0;
  const key = ({ path, repeated = "" }: CheckedItem) => `${path} ${repeated}`;
  return items.toSorted((a, b) => place(a) - place(b) || key(a).localeCompare(key(b), "en", { numeric: true }));
}
