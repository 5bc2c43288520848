import type { Both, LinksFacet } from "../../engine/links.ts";
import { address, type Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { isObject, textOf } from "../../util/json.ts";
import type { AnyDashboard } from "../dashboard/builder.ts";
import type { LiveDashboard } from "../dashboard/live-dashboard.ts";
import { panelsAfter, type ShownPanel } from "../dashboard/panels-after.ts";
import type { RuleGroup, RulePanel } from "./builder.ts";
import type { LiveGroup } from "./live.ts";
import { DASHBOARD, PANEL, panelOf, uidOf } from "./panel.ts";
import { rulesOf } from "./rules.ts";

type Rule = RuleGroup["rules"][number];

export const links: LinksFacet<RuleGroup, LiveGroup> = {
  targets: ({ resource, project }) =>
    resource.rules.flatMap((rule) => {
      const panel = panelOf(rule);
      return panel ? [{ kind: "dashboard", id: uidOf(panel, project) }] : [];
    }),
  resolved(desired, live, targets) {
    const { resource, project } = desired;
    const uids = rulesOf(desired).map(({ uid }) => uid);
    const found = resource.rules.map((rule, index) => {
      const panel = panelOf(rule);
      if (!panel) return { rule, faults: [] };
      const uid = uidOf(panel, project);
      const { panel: _, ...rest } = rule as Rule & { panel: RulePanel };
      const target = targets.get(address({ kind: "dashboard", id: uid }));
      const { ids, fault } = target ? findPanel(panel, uid, target) : { ids: [] };
      const link = ids?.length === 1 ? { [DASHBOARD]: uid, [PANEL]: `${ids[0]}` } : formerLink(live, uids[index], uid);
      return {
        rule: { ...rest, annotations: { ...rest.annotations, ...link } },
        faults: fault ? [faultAt(desired, index, fault)] : [],
      };
    });
    return {
      resource: { ...resource, rules: found.map(({ rule }) => rule) },
      faults: found.flatMap(({ faults }) => faults),
    };
  },
};

/** If the dashboard can't be read, the rule keeps the panel that it has. */
function formerLink(live: LiveGroup | undefined, uid: unknown, dashboard: string): Readonly<Record<string, string>> {
  const annotations = live?.rules.find((rule) => rule["uid"] === uid)?.["annotations"];
  if (!isObject(annotations) || annotations[DASHBOARD] !== dashboard) return {};
  return { [DASHBOARD]: dashboard, [PANEL]: textOf(annotations[PANEL]) };
}

/** Faults that need no live dashboard. The ids of panels that state none are known only with the live dashboard. */
export function panelFaults(
  { resource, project, source }: Desired<RuleGroup>,
  everything: readonly Desired[],
): Fault[] {
  const dashboards = dashboardsIn(everything);
  return resource.rules.flatMap((rule, index): Fault[] => {
    const panel = panelOf(rule);
    if (!panel) return [];
    const stated = [DASHBOARD, PANEL].find((name) => rule.annotations?.[name] !== undefined);
    if (stated !== undefined) {
      const message = `can't be combined with the annotation ${stated}, which it sets`;
      return [{ level: "error", ...source, path: pathOf(index), message, hint: "Remove one of the two." }];
    }
    const uid = uidOf(panel, project);
    const dashboard = dashboards.get(uid);
    if (!dashboard || typeof panel.panel === "number") return [];
    const { fault } = findPanel(panel, uid, dashboard);
    return fault ? [faultAt({ source }, index, fault)] : [];
  });
}

const known = new WeakMap<readonly Desired[], ReadonlyMap<string, Both>>();

/** The dashboards of the code by their uids, made once for all rule groups. */
function dashboardsIn(everything: readonly Desired[]): ReadonlyMap<string, Both> {
  const made =
    known.get(everything) ??
    new Map(
      everything.flatMap((desired) => (desired.kind === "dashboard" ? [[desired.id, { desired }] as const] : [])),
    );
  known.set(everything, made);
  return made;
}

const panelsOf = new WeakMap<Both, readonly ShownPanel[]>();

/** The panels of a dashboard, read once for all rules that name one of them. */
function panelsIn(both: Both): readonly ShownPanel[] {
  const panels =
    panelsOf.get(both) ??
    panelsAfter(both.desired as Desired<AnyDashboard> | undefined, both.live as LiveDashboard | undefined);
  panelsOf.set(both, panels);
  return panels;
}

type PanelFault = Pick<Fault, "code" | "message" | "hint">;

function findPanel(
  { panel }: RulePanel,
  uid: string,
  both: Both,
): { readonly ids: readonly number[]; readonly fault?: PanelFault } {
  const panels = panelsIn(both);
  const ids = panels.filter(({ id, title }) => panel === id || panel === title).map(({ id }) => id);
  const name = typeof panel === "number" ? `the id ${panel}` : `the title "${panel}"`;
  if (ids.length === 1) return { ids };
  if (ids.length > 1) {
    const message = `${ids.length} panels of the dashboard "${uid}" have ${name}`;
    return { ids, fault: { code: "code-panel-ambiguous", message, hint: `Give them different titles, or use an id.` } };
  }
  const titles = panels.flatMap(({ title }) => (title === "" ? [] : [`"${title}"`]));
  const hint = titles.length > 0 ? `Its panels are ${titles.join(", ")}.` : "It has no panel with a title.";
  return {
    ids,
    fault: { code: "code-panel-missing", message: `no panel of the dashboard "${uid}" has ${name}`, hint },
  };
}

function faultAt({ source }: Pick<Desired, "source">, index: number, fault: PanelFault): Fault {
  return { level: "error", ...source, path: `${pathOf(index)}.panel`, ...fault };
}

function pathOf(index: number): string {
  return `rules[${index}].panel`;
}
