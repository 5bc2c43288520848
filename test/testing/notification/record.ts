import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NotifiedAlert } from "grafana-provision/testing";
import { ALERTS } from "./alerts.ts";
import { definitionOf, TEMPLATES } from "./templates.ts";

/** What a Grafana made of a template: a text, or undefined if it can't parse or execute it. */
export interface RecordedTemplate {
  readonly alerts: string;
  readonly template: string;
  readonly text?: string;
}

/** Templates that a Grafana rendered. */
export interface RecordedTemplates {
  readonly version: string;
  readonly url: string;
  readonly cases: readonly RecordedTemplate[];
}

export const RECORDED = join(import.meta.dirname, "../../fixtures/notifications/templates.json");

/** The times to which links of alerts that still fire lead, which is the present. */
export function withoutPresent(text: string): string {
  return text.replaceAll(/(?<=to(?:=|%3D))\d{13}/g, "NOW");
}

const HEADERS = { Authorization: `Basic ${btoa("admin:admin")}`, "Content-Type": "application/json" };

/** An alert as Grafana's endpoint for tests of templates expects it, which adds its own annotations to those that are missing. */
function posted({ labels, annotations, values, state, startsAt, endsAt, ruleUid, panel }: NotifiedAlert, url: string) {
  const { alertname = "", ...others } = labels;
  const named = state === undefined ? labels : { ...others, rulename: alertname, alertname: `Datasource${state}` };
  return {
    labels: { ...named, ...(ruleUid === undefined ? {} : { __alert_rule_uid__: ruleUid }) },
    annotations: {
      ...annotations,
      __values__: values === undefined ? "" : JSON.stringify(values),
      __value_string__: "",
      __orgId__: "1",
      __dashboardUid__: panel?.dashboardUid ?? "",
      __panelId__: `${panel?.id ?? ""}`,
    },
    startsAt,
    endsAt,
    generatorURL: ruleUid === undefined ? url : `${url}alerting/grafana/${ruleUid}/view`,
  };
}

/** Renders all templates with a Grafana, and writes what it answers. */
export async function recordTemplates(grafana: string): Promise<void> {
  const settings = await fetch(`${grafana}/api/frontend/settings`, { headers: HEADERS });
  const { appUrl, buildInfo } = (await settings.json()) as { appUrl: string; buildInfo: { version: string } };
  const cases: RecordedTemplate[] = [];
  for (const [alerts, templates] of Object.entries(TEMPLATES)) {
    for (const template of templates) {
      const response = await fetch(`${grafana}/api/alertmanager/grafana/config/api/v1/templates/test`, {
        method: "POST",
        headers: HEADERS,
        body: JSON.stringify({
          name: "case",
          template: definitionOf(template),
          alerts: (ALERTS[alerts] ?? []).map((alert) => posted(alert, appUrl)),
        }),
      });
      const { results = [] } = (await response.json()) as { results?: { name: string; text: string; scope: string }[] };
      const result = results.find(({ name, scope }) => name === "case" && scope === ".");
      cases.push({ alerts, template, ...(result ? { text: withoutPresent(result.text) } : {}) });
    }
  }
  const recorded: RecordedTemplates = { version: buildInfo.version, url: appUrl, cases };
  await mkdir(dirname(RECORDED), { recursive: true });
  await writeFile(RECORDED, `${JSON.stringify(recorded, undefined, 1)}\n`);
}
