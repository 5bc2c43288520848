import { setTimeout as sleep } from "node:timers/promises";
import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { Conflict } from "../../grafana/errors.ts";
import { readLedger } from "../../ownership/ledger.ts";
import { equal, type JsonObject } from "../../util/json.ts";
import { untilConfigured } from "../alerting/alertmanager.ts";
import { onlyRenamed } from "../alerting/renamed-receivers.ts";
import { arranged } from "./arrangement.ts";
import { addressOf, claimOf, KIND } from "./claims.ts";
import { ownedRoutes, refusalOf, type LiveRoutes } from "./live.ts";
import { readSharedTree } from "./shared-tree.ts";

interface Saving {
  readonly id: string;
  readonly order: number;
  /** The routes to write; empty to remove all. */
  readonly routes: readonly JsonObject[];
  readonly live: LiveRoutes | undefined;
}

/** How often the tree is read again because others write it at the same time. */
const ATTEMPTS = 10;

/**
 * Replaces the project's routes in the tree, and keeps those of others as they are. If others change the tree at the same time,
 * reads it again: that is no conflict as long as this project's routes are those that the plan was made for.
 */
export async function saveRoutes(context: KindContext, { id, order, routes, live }: Saving): Promise<void> {
  await untilConfigured(context.grafana.client);
  for (let attempt = 1; ; attempt++) {
    // Another project records its routes just before it writes them.
    const { neighbors } = await readLedger(context.grafana, context);
    const now = { ...context, ledger: { ...context.ledger, ...(neighbors ? { neighbors } : {}) } };
    const tree = await readSharedTree(now);
    const refusal = refusalOf(now, tree);
    if (refusal !== undefined) throw changedSincePlan({ kind: KIND, id }, `Nothing was written: ${refusal}.`);
    const own = claimOf(context, addressOf(id), { share: { order, parts: [] } });
    const all = ownedRoutes(now, tree);
    const found = all.filter(({ claim }) => claim?.key === own.key).map(({ route }) => route);
    if (!(await onlyRenamed(context, [...(live?.routes ?? [])], found))) throw changedSincePlan({ kind: KIND, id });
    const wanted = routes.map((route) => ({ route, raw: tree.toRaw(route) }));
    const next = arranged(all, own, wanted, live !== undefined && live.order !== order);
    if (
      equal(
        next,
        tree.routes.map(({ raw }) => raw),
      )
    )
      return;
    try {
      return await tree.save(next);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt >= ATTEMPTS) throw error;
      await sleep(attempt * 50 * Math.random());
    }
  }
}
