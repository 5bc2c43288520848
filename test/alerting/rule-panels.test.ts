import { describe, expect, test } from "vitest";
import { desire } from "../../src/code/desired.ts";
import { kinds } from "../../src/kinds/index.ts";
import { dashboard, existing, ruleGroup, type AlertRule, type RulePanel } from "../../src/index.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { carryOut, place } from "../engine/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, origin } from "../helpers/mode.ts";
import { alert, alertingGrafana, get, group } from "./support.ts";

const stat = (title: string, more: object = {}) => ({ type: "stat", title, ...more });

async function scene(titles: readonly string[] = ["Requests", "Errors"]) {
  const grafana = await alertingGrafana();
  const home = place(grafana.name("home"));
  const uid = grafana.name("board");
  const board = (panels: readonly object[] = titles.map((title) => stat(title))) =>
    dashboard({ folder: home, spec: { uid, title: uid, panels: panels as { type: string }[] } });
  return { grafana, home, uid, board, context: await grafana.context(grafana.name("own")) };
}

function ruleOf(grafana: TestGrafana, panel: RulePanel, more: Partial<AlertRule> = {}): AlertRule {
  return alert(grafana.name("rule"), { uid: grafana.name("rule"), panel, ...more });
}

async function annotationsOf(grafana: TestGrafana): Promise<unknown> {
  return (await get(grafana, `/api/v1/provisioning/alert-rules/${grafana.name("rule")}`))?.["annotations"];
}

async function idsOf(grafana: TestGrafana, uid: string): Promise<Map<string, number>> {
  const { dashboard: model } = (await get(grafana, `/api/dashboards/uid/${uid}`)) as {
    dashboard: { panels: { id: number; title: string }[] };
  };
  return new Map(model.panels.map(({ id, title }) => [title, id]));
}

describe("a rule that names its panel by title", () => {
  test("gets the panel's id, also after panels were inserted, renamed and moved", async () => {
    const { grafana, home, uid, board, context } = await scene();
    const apply = async (own: ReturnType<typeof board>, panel = "Errors") => {
      await converge(context, [home, own, group(home, "pages", [ruleOf(grafana, { dashboard: own, panel })])]);
      const id = (await idsOf(grafana, uid)).get(panel);
      expect(await annotationsOf(grafana)).toEqual({ __dashboardUid__: uid, __panelId__: `${id}` });
      return id;
    };
    const id = await apply(board());
    expect(await apply(board([stat("New"), stat("Errors"), stat("Requests")]))).toBe(id);
    const query = { datasource: { type: "datasource", uid: "grafana" }, targets: [{ refId: "A", expr: "a" }] };
    await apply(board([stat("Errors", query), stat("Requests")]));
    expect(await apply(board([stat("Errors", { ...query, id: 9 }), stat("Requests")]))).toBe(9);
    await apply(board([stat("Errors", query), stat("Requests")]));
    const now = await apply(board([stat("Errors", query), stat("Requests")]));
    expect(await apply(board([stat("Failures", query), stat("Requests")]), "Failures")).toBe(now);
  });

  test("follows a panel that a user replaced in Grafana", async () => {
    const { grafana, home, uid, board, context } = await scene();
    const own = board();
    const resources = [home, own, group(home, "pages", [ruleOf(grafana, { dashboard: own, panel: "Errors" })])];
    await converge(context, resources);
    const { dashboard: model, meta } = (await get(grafana, `/api/dashboards/uid/${uid}`)) as {
      dashboard: { panels: { id: number }[] };
      meta: { folderUid: string };
    };
    const panels = model.panels.map((panel, index) => ({ ...panel, id: 40 + index }));
    const body = { dashboard: { ...model, panels }, folderUid: meta.folderUid, overwrite: true };
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body });
    const planned = await planFor(context, resources);
    expect(planned.plan.changes.find(({ kind }) => kind === "rule-group")).toMatchObject({ origin: origin("code") });
    await carryOut(context, planned);
    expect(await annotationsOf(grafana)).toEqual({ __dashboardUid__: uid, __panelId__: "41" });
  });

  test("finds it in a dashboard that only Grafana has, also by its id", async () => {
    const { grafana, home, uid, board, context } = await scene();
    await converge(await grafana.context(grafana.name("others")), [home, board()]);
    const id = (await idsOf(grafana, uid)).get("Errors") ?? 0;
    const folder = existing.folder(home.uid ?? "");
    const pages = (rule: AlertRule) => ruleGroup({ folder, title: "pages", interval: 60, rules: [rule] });
    for (const panel of ["Errors", id]) {
      const rule = ruleOf(grafana, { dashboard: existing.dashboard(uid), panel });
      await converge(context, [pages(rule)]);
      expect(await annotationsOf(grafana)).toEqual({ __dashboardUid__: uid, __panelId__: `${id}` });
    }
    const unknown = ruleOf(grafana, { dashboard: existing.dashboard(uid), panel: "Eror" });
    await expect(planFor(context, [pages(unknown)])).rejects.toMatchObject({
      faults: [{ code: "code-panel-missing", path: "rules[0].panel.panel" }],
    });
    const other = place(grafana.name("other"));
    const selected = ({ kind }: { readonly kind: string }) => kind !== "rule-group";
    const { plan } = await planFor(context, [pages(unknown), other], { selected });
    expect(plan.changes).toMatchObject([{ kind: "folder", action: "create", id: other.uid }]);
  });

  test.runIf(KUBERNETES)("finds it in a dashboard in schema v2, and in a collapsed row", async () => {
    const { grafana, home, uid, context } = await scene();
    const panel = (title: string) => ({
      kind: "Panel" as const,
      spec: { title, vizConfig: { kind: "VizConfig", group: "stat", version: "", spec: {} } },
    });
    const item = (name: string, y: number) => ({
      kind: "GridLayoutItem",
      spec: { x: 0, y, width: 12, height: 8, element: { kind: "ElementReference", name } },
    });
    const spec = {
      title: uid,
      elements: { requests: panel("Requests"), errors: panel("Errors") },
      layout: { kind: "GridLayout" as const, spec: { items: [item("requests", 0), item("errors", 8)] } },
    };
    const own = dashboard({ uid, folder: home, spec });
    await converge(context, [home, own, group(home, "pages", [ruleOf(grafana, { dashboard: own, panel: "Errors" })])]);
    expect(await annotationsOf(grafana)).toEqual({ __dashboardUid__: uid, __panelId__: "2" });

    const row = { type: "row", title: "Row", collapsed: true, panels: [stat("Errors")] };
    const other = dashboard({ folder: home, spec: { uid: `${uid}-2`, title: `${uid} 2`, panels: [row] } });
    const rule = ruleOf(grafana, { dashboard: other, panel: "Errors" });
    await converge(context, [home, own, other, group(home, "pages", [rule])]);
    expect(await annotationsOf(grafana)).toEqual({ __dashboardUid__: `${uid}-2`, __panelId__: "2" });
  });

  test("keeps it if only the rule group is planned, and loses it with the property", async () => {
    const { grafana, home, uid, board, context } = await scene();
    const own = board();
    const pages = (rule: AlertRule) => [home, own, group(home, "pages", [rule])];
    await converge(context, pages(ruleOf(grafana, { dashboard: own, panel: "Errors" })));
    const changed = pages(ruleOf(grafana, { dashboard: own, panel: "Errors" }, { for: "10m" }));
    const selected = ({ kind }: { kind: string }) => kind === "rule-group";
    const { plan } = await planFor(context, changed, { selected });
    expect(plan.changes.map(({ differences }) => differences?.map(({ path }) => path))).toEqual([
      [expect.stringMatching(/\.for$/)],
    ]);
    await converge(context, changed);
    expect(await annotationsOf(grafana)).toEqual({ __dashboardUid__: uid, __panelId__: "2" });
    await converge(context, pages(alert(grafana.name("rule"), { uid: grafana.name("rule") })));
    expect((await annotationsOf(grafana)) ?? {}).toEqual({});
  });
});

describe("faults in the code", () => {
  const home = place("home");
  const board = dashboard({ spec: { uid: "board", title: "Board", panels: [stat("One"), stat("Two"), stat("Two")] } });
  const faultsOf = (panel: unknown, annotations: Readonly<Record<string, string>> = {}) => {
    const rule = { ...alert("Rule", { annotations }), panel } as AlertRule;
    const loaded = [home, board, group(home, "pages", [rule])].map((value) => ({
      kind: value.kind,
      value,
      source: { file: "a.ts", export: "default" },
    }));
    return desire(loaded, kinds, "own").faults;
  };

  test.each<[string, unknown, Readonly<Record<string, string>> | undefined, object]>([
    ["an unknown title", { dashboard: board, panel: "Three" }, undefined, { code: "code-panel-missing" }],
    ["the title of two panels", { dashboard: board, panel: "Two" }, undefined, { code: "code-panel-ambiguous" }],
    ["no panel", { dashboard: board }, undefined, { code: "code-property-invalid" }],
    ["a uid", { dashboard: "board", panel: "One" }, undefined, { code: "code-property-invalid" }],
    ["an annotation", { dashboard: board, panel: "One" }, { __panelId__: "1" }, { path: "rules[0].panel" }],
  ])("%s", (_what, panel, annotations, fault) => {
    expect(faultsOf(panel, annotations)).toMatchObject([{ level: "error", file: "a.ts", ...fault }]);
  });

  test("none for a title that one panel has", () => {
    expect(faultsOf({ dashboard: board, panel: "One" })).toEqual([]);
  });

  test("an id that no panel has is found before the first write", async () => {
    const { grafana, home: folder, board: own, context } = await scene();
    const mine = own();
    const rule = ruleOf(grafana, { dashboard: mine, panel: 9 });
    const planned = planFor(context, [folder, mine, group(folder, "pages", [rule])]);
    await expect(planned).rejects.toThrow(InvalidCodeError);
    await expect(planned).rejects.toMatchObject({ faults: [{ code: "code-panel-missing" }] });
  });
});
