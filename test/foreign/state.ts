import type { TestGrafana } from "../helpers/grafana.ts";

/** A resource in the output of `terraform show -json`. */
export interface StateResource {
  readonly address: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  readonly name: string;
  readonly index?: string | number;
  readonly provider_name: string;
  readonly schema_version: number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly sensitive_values: object;
}

const PROVIDER = "registry.terraform.io/grafana/grafana";
/** In each place where the provider's schema has a credential. */
export const SENSITIVE = "value-that-must-stay-in-the-state";

interface Given {
  readonly type: string;
  readonly name: string;
  readonly index?: string | number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly provider?: string;
  readonly mode?: "managed" | "data";
}

export function stateResource(given: Given, module = ""): StateResource {
  const { type, name, index, values, provider = PROVIDER, mode = "managed" } = given;
  const key = index === undefined ? "" : `[${JSON.stringify(index)}]`;
  const prefix = [...(module === "" ? [] : [module]), ...(mode === "data" ? ["data"] : [])];
  return {
    address: [...prefix, type, `${name}${key}`].join("."),
    mode,
    type,
    name,
    ...(index === undefined ? {} : { index }),
    provider_name: provider,
    schema_version: 0,
    values,
    sensitive_values: {},
  };
}

export interface StateModule {
  readonly address: string;
  readonly resources: readonly StateResource[];
}

/** The state as `terraform show -json` prints it. */
export function stateText(resources: readonly StateResource[], modules: readonly StateModule[] = []): string {
  return JSON.stringify({
    format_version: "1.0",
    terraform_version: "1.11.4",
    values: { root_module: { resources, child_modules: modules } },
  });
}

const POINTS = "/api/v1/provisioning/contact-points";

/** The objects of a team that uses Terraform, created in Grafana as its provider does, and the state. */
export async function terraformState(
  grafana: TestGrafana,
): Promise<{ readonly resources: readonly StateResource[]; readonly modules: readonly StateModule[] }> {
  const send = (method: "POST" | "PUT", path: string, body: object) => grafana.other.send({ method, path, body });
  const name = (stem: string) => grafana.name(stem);
  const resources: StateResource[] = [];
  const team: StateResource[] = [];
  const folders = ["shop", "platform", "data"];
  for (const folder of folders) {
    const [uid, title] = [name(folder), name(`Folder ${folder}`)];
    await send("POST", "/api/folders", { uid, title });
    const values = { id: `1:${uid}`, org_id: "1", uid, title, parent_folder_uid: "", url: `/dashboards/f/${uid}` };
    resources.push(stateResource({ type: "grafana_folder", name: "team", index: folder, values }));
  }
  const source = name("metrics");
  await send("POST", "/api/datasources", {
    uid: source,
    name: source,
    type: "prometheus",
    access: "proxy",
    url: "http://prometheus:9090",
    basicAuth: true,
    basicAuthUser: "grafana",
    secureJsonData: { basicAuthPassword: SENSITIVE },
  });
  resources.push(
    stateResource({
      type: "grafana_data_source",
      name: "metrics",
      values: {
        id: `1:${source}`,
        uid: source,
        name: source,
        type: "prometheus",
        secure_json_data_encoded: JSON.stringify({ basicAuthPassword: SENSITIVE }),
        http_headers: { Authorization: SENSITIVE },
      },
    }),
  );
  for (let index = 0; index < 60; index++) {
    const uid = name(`board-${index}`);
    const model = {
      uid,
      title: name(`Service ${index}`),
      schemaVersion: 42,
      tags: ["terraform"],
      panels: [
        {
          id: 1,
          type: "timeseries",
          title: "Requests",
          datasource: { type: "prometheus", uid: source },
          gridPos: { x: 0, y: 0, w: 24, h: 8 },
          targets: [
            { refId: "A", datasource: { type: "prometheus", uid: source }, expr: `sum(rate(requests_${index}[5m]))` },
          ],
        },
      ],
    };
    const folderUid = name(folders[index % folders.length] ?? "");
    await send("POST", "/api/dashboards/db", { dashboard: model, folderUid, overwrite: true });
    const values = { id: `1:${uid}`, uid, folder: folderUid, config_json: JSON.stringify(model), version: 1 };
    const own = { type: "grafana_dashboard", name: "service", index, values };
    if (index < 40) resources.push(stateResource(own));
    else team.push(stateResource({ ...own, index: `service ${index}.json` }, 'module.team["data"]'));
  }
  const points = Array.from({ length: 12 }, (_, index) => name(`point-${index}`));
  for (const [index, point] of points.entries()) {
    const body = {
      name: point,
      type: "slack",
      settings: { recipient: `#team-${index}`, url: `https://${SENSITIVE}/` },
    };
    await send("POST", POINTS, body);
    const slack = [{ uid: "", url: `https://${SENSITIVE}/`, recipient: `#team-${index}` }];
    const values = { id: `1:${point}`, name: point, org_id: "1", slack };
    resources.push(stateResource({ type: "grafana_contact_point", name: "team", index, values }));
  }
  const timing = name("nights");
  const intervals = [{ times: [{ start_time: "22:00", end_time: "23:00" }] }];
  await send("POST", "/api/v1/provisioning/mute-timings", { name: timing, time_intervals: intervals });
  resources.push(
    stateResource({ type: "grafana_mute_timing", name: "nights", values: { id: `1:${timing}`, name: timing } }),
  );
  const template = name("titles");
  const text = `{{ define "${template}" }}{{ .Status }}{{ end }}`;
  await send("PUT", `/api/v1/provisioning/templates/${template}`, { name: template, template: text });
  resources.push(
    stateResource({
      type: "grafana_message_template",
      name: "titles",
      values: { id: `1:${template}`, name: template },
    }),
  );
  for (let index = 0; index < 30; index++) {
    const folder = name(folders[index % folders.length] ?? "");
    const title = name(`group ${index}`);
    const query = { expr: `sum(rate(errors_${index}[5m]))`, datasource: { type: "prometheus", uid: source } };
    await send("PUT", `/api/v1/provisioning/folder/${folder}/rule-groups/${encodeURIComponent(title)}`, {
      title,
      folderUid: folder,
      interval: 60,
      rules: [
        {
          uid: name(`rule-${index}`),
          title: `Errors ${index}`,
          folderUID: folder,
          ruleGroup: title,
          condition: "B",
          for: "5m",
          // It must send no notifications.
          isPaused: true,
          noDataState: "NoData",
          execErrState: "Error",
          labels: { severity: "critical" },
          data: [
            {
              refId: "A",
              datasourceUid: source,
              relativeTimeRange: { from: 600, to: 0 },
              model: { ...query, refId: "A", instant: true },
            },
            {
              refId: "B",
              datasourceUid: "__expr__",
              relativeTimeRange: { from: 0, to: 0 },
              model: {
                refId: "B",
                type: "threshold",
                expression: "A",
                conditions: [{ evaluator: { type: "gt", params: [index] } }],
              },
            },
          ],
        },
      ],
    });
    const values = { id: `1:${folder}:${title}`, name: title, folder_uid: folder, interval_seconds: 60, rule: [{}] };
    resources.push(stateResource({ type: "grafana_rule_group", name: "errors", index, values }));
  }
  await send("PUT", "/api/v1/provisioning/policies", {
    receiver: points[0],
    group_by: ["grafana_folder", "alertname"],
    routes: points.slice(1).map((receiver, index) => ({
      receiver,
      object_matchers: [["team", "=", `team-${index}`]],
      ...(index === 0 ? { mute_time_intervals: [timing] } : {}),
    })),
  });
  resources.push(
    stateResource({ type: "grafana_notification_policy", name: "all", values: { id: "1:policy", policy: [{}] } }),
  );
  const panel = name("notes");
  const model = { type: "text", title: "Notes", options: { mode: "markdown", content: "# Notes" } };
  await send("POST", "/api/library-elements", { uid: panel, name: panel, kind: 1, model, folderUid: name("shop") });
  resources.push(
    stateResource({
      type: "grafana_library_panel",
      name: "notes",
      values: { id: `1:${panel}`, uid: panel, name: panel, folder_uid: `1:${name("shop")}` },
    }),
  );
  return { resources, modules: [{ address: 'module.team["data"]', resources: team }] };
}
