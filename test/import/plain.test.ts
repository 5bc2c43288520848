import { CustomVariableBuilder, DashboardLinkBuilder, PanelBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { expect, test } from "vitest";
import { fromObject, without, withProperties } from "../../src/index.ts";

test("builders with changed properties have the methods of the builder, also after other changes", () => {
  const table = withProperties(without(new TableBuilder(), "options.frameIndex", "options.showTypeIcons"), {
    options: { footer: undefined, sortBy: [] },
    maxDataPoints: 5,
  })
    .title("Hosts")
    .height(4);
  const { options, title, gridPos, ...panel } = table.build();
  expect(options).toEqual({ showHeader: true, cellHeight: "sm", sortBy: [] });
  expect([title, gridPos?.h]).toEqual(["Hosts", 4]);
  expect(panel).toMatchObject({ type: "table", maxDataPoints: 5 });
});

test("a property that is not set can be left out, and what a builder builds later is the same", () => {
  const builder = without(new CustomVariableBuilder("server").values("a"), "allowCustomValue", "current.text", "none");
  const first = builder.build();
  expect(first).not.toHaveProperty("allowCustomValue");
  expect(first).not.toHaveProperty("current");
  expect(builder.build()).toEqual(first);
});

test("an object is built as it is", () => {
  const link = { title: "Logs", url: "/d/logs" };
  const [built] = new PanelBuilder().links([fromObject(link)]).build().links ?? [];
  expect(built).toEqual(link);
  expect(new DashboardLinkBuilder("Logs").url("/d/logs").build()).not.toEqual(link);
});
