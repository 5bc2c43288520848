import { expect, test } from "vitest";
import { contactPoint, datasource, folder } from "../../src/index.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { ONCE } from "../helpers/mode.ts";

const email = [{ type: "email", settings: { addresses: "ops@example.com" } }];

function onCloud(context: KindContext): KindContext {
  return { ...context, grafana: { ...context.grafana, organization: "stacks-1" } };
}

// Real names, which a shared Grafana may have.
test.runIf(ONCE && process.env["TEST_GRAFANA_URL"] === undefined)(
  "what Grafana Cloud provisions is locked, and not offered for adoption",
  async () => {
    const grafana = await testGrafana();
    const provisioned = [
      datasource({ uid: "grafanacloud-prom", name: "grafanacloud-acme-prom", type: "prometheus", url: "http://p" }),
      folder({ uid: "grafanacloud", title: "GrafanaCloud" }),
      contactPoint({ name: "grafana-default-email", integrations: email }),
    ];
    await converge(await grafana.context("cloud"), provisioned);

    const { plan } = await planFor(onCloud(await grafana.context("own")), provisioned);

    const left = plan.changes.map((change) => [change.kind, change.left?.reason, change.left?.message]);
    const message = expect.stringMatching(/^managed by Grafana Cloud: /) as string;
    expect(left).toEqual([
      ["folder", "locked", message],
      ["datasource", "locked", message],
      ["contact-point", "locked", message],
    ]);
    const elsewhere = await planFor(await grafana.context("own"), provisioned);
    expect(elsewhere.plan.changes.map((change) => change.left?.reason)).toEqual(["foreign", "foreign", "foreign"]);
    const ours = await planFor(onCloud(await grafana.context("cloud")), provisioned);
    expect(ours.plan.changes).toEqual([]);
  },
);
