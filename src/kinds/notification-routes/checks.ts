import type { ChecksFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { quotedFaults, routeFaults } from "../notification-policy/checks.ts";
import { hash } from "../../util/json.ts";
import type { NotificationRoutes } from "./builder.ts";
import type { LiveRoutes } from "./live.ts";
import { wantedRoutes } from "./routes.ts";

export const checks: ChecksFacet<NotificationRoutes, LiveRoutes> = {
  code: (all, everything) => [
    ...all.flatMap((one) => faultsOf(one)),
    ...repeated(all),
    ...all.flatMap((one) => wholeTreeFaults(one, everything)),
  ],
  async supported(all, context) {
    if (!context || context.grafana.marks) return [];
    return all.map(({ source }) => ({
      level: "error",
      code: "grafana-policy-routes-unsupported",
      ...source,
      message: `Grafana ${context.grafana.version} keeps no record of which routes belong to which project`,
      hint: "Use a Grafana with unified storage, or manage the whole tree in one project with notificationPolicy.",
    }));
  },
  obstacle: (_desired, live) => (live?.ownership.state === "ours" ? live.refusal : undefined),
};

function faultsOf({ resource, source }: Desired<NotificationRoutes>): Fault[] {
  const tree = { routes: wantedRoutes(resource) };
  const unmatched = tree.routes.flatMap((route, index): Fault[] =>
    route["object_matchers"] === undefined && route["continue"] !== true
      ? [
          {
            level: "error",
            path: `routes[${index}]`,
            message: "has no matchers, so that the routes after it get no alerts, also those of other projects",
            hint: "Add matchers, or set `continue: true`.",
          },
        ]
      : [],
  );
  return [...unmatched, ...routeFaults(tree), ...quotedFaults(tree)].map((fault) => ({ ...fault, ...source }));
}

/** Equal routes of one project can't be told apart in the tree. */
function repeated(all: readonly Desired<NotificationRoutes>[]): Fault[] {
  const seen = new Set<string>();
  return all.flatMap(({ resource, source }) =>
    wantedRoutes(resource).flatMap((route, index): Fault[] => {
      const key = hash(route);
      const again = seen.has(key);
      seen.add(key);
      return again
        ? [{ level: "error", ...source, path: `routes[${index}]`, message: "the same route is defined twice" }]
        : [];
    }),
  );
}

function wholeTreeFaults({ source }: Desired, everything: readonly Desired[]): Fault[] {
  const whole = everything.find(({ kind, id }) => kind === "notification-policy" && id === "default");
  if (!whole) return [];
  return [
    {
      level: "error",
      ...source,
      message: `can't be combined with the notificationPolicy in ${whole.source.file}, which replaces the whole policy tree`,
      hint: "Move the routes into the notificationPolicy, or replace it with notificationRoutes.",
    },
  ];
}
