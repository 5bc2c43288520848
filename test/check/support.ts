import { CheckSchema } from "../../src/report/check-json.ts";
import type { TestProject } from "../helpers/cli.ts";
import { RANGE } from "./prometheus.ts";

export const SOURCE = { type: "prometheus", uid: "prometheus" };

export function panel(title: string, expr: string, more: object = {}): object {
  return { type: "timeseries", title, datasource: SOURCE, targets: [{ refId: "A", expr }], ...more };
}

export function board(panels: readonly object[], more: object = {}): string {
  return JSON.stringify({ uid: "shop", title: "Shop", panels, ...more });
}

export function sourceFile(url: string): string {
  return `
import { datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "${url}" });
`;
}

export async function checked(project: TestProject, args: readonly string[], variables = {}) {
  const { stdout, code, stderr } = await project.run(["check", "-o", "json", ...RANGE, ...args], variables);
  const { items = [], interrupted, error } = CheckSchema.parse(JSON.parse(stdout));
  const states = items.map(({ title, repeated = "", state, queries }) => {
    const causes = queries.flatMap(({ cause }) => cause?.code ?? []);
    return [[title, repeated].join(" ").trim(), state, ...causes];
  });
  return { code, states, items, interrupted, error, stderr };
}
