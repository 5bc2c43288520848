import { describe, expect, test } from "vitest";
import { KUBERNETES } from "../helpers/mode.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { planFor } from "../helpers/converge.ts";
import { imported } from "../import/support.ts";
import { makeInV2 } from "../helpers/schema-v2.ts";
import { RECORDED } from "./recorded.ts";
import { RECORDED_V2 } from "./recorded-v2.ts";

const DASHBOARDS = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";

describe.skipIf(RECORDED.length === 0 || !KUBERNETES).each(["live", "savedInUi"] as const)(
  "real dashboards (%s)",
  (form) => {
    test("are equal to their imported code, which is built with the SDK", async () => {
      const grafana = await testGrafana();
      for (const [index, one] of RECORDED.entries()) {
        const { uid: _uid, id: _id, ...spec } = one[form];
        const body = { metadata: { name: grafana.name(`i${index}`) }, spec };
        await grafana.other.send({ method: "POST", path: `${DASHBOARDS}?fieldValidation=Ignore`, body });
      }
      const isOwn = ({ id }: { id: string }) => id.endsWith(grafana.name("").slice(1));
      const context = await grafana.context(grafana.name("other"));
      const { files, resources, left } = await imported(context, { selected: isOwn });
      expect(left).toEqual([]);
      const { plan } = await planFor(context, resources, { adopt: { ...NOTHING, all: true } });
      expect(plan.changes.filter(({ kind }) => kind === "dashboard")).toHaveLength(RECORDED.length);
      expect(plan.changes.flatMap(({ id, differences }) => differences.map(({ path }) => `${id} ${path}`))).toEqual([]);
      const texts = [...files].filter(([path]) => path.startsWith("dashboards/")).map(([, text]) => text);
      expect(texts.filter((text) => !text.includes("new DashboardBuilder(")).map((text) => text.slice(0, 200))).toEqual(
        [],
      );
    });
  },
);

describe.skipIf(RECORDED_V2.length === 0 || !KUBERNETES).each(["before", "after"] as const)(
  "real dashboards in schema v2 (%s a save in the UI)",
  (form) => {
    test("are equal to their imported code, which is built with the SDK", async () => {
      const grafana = await testGrafana();
      for (const [index, one] of RECORDED_V2.entries())
        await makeInV2(grafana, grafana.name(`v${index}`), one[form].v2);
      const isOwn = ({ id }: { id: string }) => id.endsWith(grafana.name("").slice(1));
      const context = await grafana.context(grafana.name("other"));
      const { files, resources, left } = await imported(context, { selected: isOwn });
      expect(left).toEqual([]);
      const { plan } = await planFor(context, resources, { adopt: { ...NOTHING, all: true } });
      expect(plan.changes.filter(({ kind }) => kind === "dashboard")).toHaveLength(RECORDED_V2.length);
      expect(plan.changes.flatMap(({ id, differences }) => differences.map(({ path }) => `${id} ${path}`))).toEqual([]);
      const texts = [...files].filter(([path]) => path.startsWith("dashboards/")).map(([, text]) => text);
      expect(texts.filter((text) => !text.includes("new DashboardBuilder(")).map((text) => text.slice(0, 200))).toEqual(
        [],
      );
    });
  },
);
