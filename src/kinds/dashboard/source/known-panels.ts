import type { KindContext } from "../../../engine/kind-context.ts";
import type { BuiltPanel } from "./panels.ts";

/** The number of panels whose code is kept. */
const MOST = 500;

const runs = new WeakMap<KindContext, Map<string, BuiltPanel>>();

/** The code of a panel, which is written once for equal panels: dashboards are often copies of others. `key`: all that determines it. */
export function writtenOnce(
  context: KindContext,
  key: string,
  write: () => BuiltPanel | undefined,
): BuiltPanel | undefined {
  const known = runs.get(context) ?? new Map<string, BuiltPanel>();
  runs.set(context, known);
  const panel = known.get(key) ?? write();
  if (!panel) return undefined;
  // The panel that was not used for the longest time is the first one.
  known.delete(key);
  known.set(key, panel);
  const [first] = known.keys();
  if (known.size > MOST && first !== undefined) known.delete(first);
  return panel;
}
