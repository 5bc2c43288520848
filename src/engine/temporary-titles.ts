import { GrafanaError } from "../grafana/errors.ts";
import type { Emit, Outcome } from "./events.ts";
import type { ExecutablePlan } from "./executable-plan.ts";
import type { KindContext } from "./kind-context.ts";
import { address, parseAddress } from "./model.ts";
import type { Kinds } from "./resource.ts";

/** Reports the objects that a failed run left with temporary titles. */
export async function reportTemporaryTitles(
  context: KindContext,
  { writes, restores }: Pick<ExecutablePlan, "writes" | "restores">,
  outcomes: readonly Outcome[],
  { kinds, emit }: { readonly kinds: Kinds; readonly emit: Emit },
): Promise<void> {
  if (outcomes.every(({ status }) => status === "done")) return;
  const takeovers = [...writes, ...restores].flatMap(([taker, { titleHolder }]) =>
    titleHolder ? [taker, address({ kind: parseAddress(taker).kind, id: titleHolder.id })] : [],
  );
  const named = new Set(takeovers);
  for (const kind of new Set(takeovers.map((name) => parseAddress(name).kind))) {
    const own = kinds.get(kind);
    try {
      for (const object of (await own?.list(context)) ?? []) {
        const name = address({ kind, id: object.id });
        if (!named.has(name) || !own?.writing?.uniqueTitles?.isTemporary(object)) continue;
        const message = `${name} has the temporary name "${object.title}", because not all names were changed. Run the command again to complete this.`;
        emit({ type: "note", message });
      }
    } catch (error) {
      // The next run finds these objects.
      if (!(error instanceof GrafanaError)) throw error;
    }
  }
}
