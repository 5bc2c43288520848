import { expect, test } from "vitest";
import { call, sandbox } from "../sandbox/support.ts";
import { DEFAULT_DATASOURCE } from "./recorded.ts";
import { RECORDED_V2 } from "./recorded-v2.ts";

const pathOf = (version: string): string => `/apis/dashboard.grafana.app/${version}/namespaces/default/dashboards`;

test.skipIf(RECORDED_V2.length === 0)(
  "the sandbox converts real dashboards between both schemas as Grafana does",
  async () => {
    const server = await sandbox();
    const datasource = { ...DEFAULT_DATASOURCE, access: "proxy", url: "http://localhost:9090", isDefault: true };
    await call(server, "POST", "/api/datasources", datasource);
    const converted = async (name: string, from: string, to: string, spec: object): Promise<unknown> => {
      const made = { apiVersion: `dashboard.grafana.app/${from}`, kind: "Dashboard", metadata: { name }, spec };
      expect((await call(server, "POST", `${pathOf(from)}?fieldValidation=Ignore`, made)).status).toBe(201);
      return (await call(server, "GET", `${pathOf(to)}/${name}`)).body.spec;
    };

    for (const [index, { name, before, after }] of RECORDED_V2.entries()) {
      expect(await converted(`before-${index}`, "v1beta1", "v2beta1", before.v1), name).toEqual(before.v2);
      expect(await converted(`after-${index}`, "v2beta1", "v1beta1", after.v2), name).toEqual(after.v1);
    }
    expect(RECORDED_V2.length).toBeGreaterThan(30);
  },
);
