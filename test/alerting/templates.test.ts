import { describe, expect, test } from "vitest";
import { desire } from "../../src/code/desired.ts";
import { kinds } from "../../src/kinds/index.ts";
import { messageTemplate, type MessageTemplate } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { alertingGrafana, theirTemplate } from "./support.ts";

function faultsOf(...templates: MessageTemplate[]) {
  const loaded = templates.map((value, index) => ({
    kind: value.kind,
    value,
    source: { file: `${index}.ts`, export: "default" },
  }));
  return desire(loaded, kinds, "own").faults.map(({ level, file, path, message }) => ({ level, file, path, message }));
}

const defining = (name: string, template: string) => messageTemplate({ name, template });

describe("two definitions of a name", () => {
  test.each([
    ["in two templates", '{{ define "x" }}1{{ end }}', '{{ define "x" }}2{{ end }}', "1.ts"],
    [
      "with trim markers, white space and raw strings",
      '{{define "x" -}}1{{end}}',
      "{{  define `x` }}2{{- end -}}",
      "1.ts",
    ],
    ["as the name of a template without a define", '{{ define "two" }}1{{ end }}', "text", "1.ts"],
    ["as a block", '{{ define "x" }}1{{ end }}', '{{ define "y" }}{{ block "x" . }}2{{ end }}{{ end }}', "1.ts"],
    ["in one template", '{{ define "x" }}1{{ end }}{{ define "x" }}2{{ end }}', '{{ define "y" }}{{ end }}', "0.ts"],
  ])("%s are a fault", (_how, one, two, file) => {
    const faults = faultsOf(defining("one", one), defining("two", two));
    expect(faults).toMatchObject([{ level: "error", file, path: "template" }]);
    expect(faults[0]?.message).toMatch(/"(x|two)"/);
  });

  test.each([
    ["different names", '{{ define "x" }}1{{ end }}', '{{ define "y" }}2{{ end }}'],
    ["a comment", '{{ define "x" }}1{{ end }}', '{{/* {{ define "x" }} */}}{{ define "y" }}2{{ end }}'],
    ["an empty definition", '{{ define "x" }} {{/* none */}} {{ end }}', '{{ define "x" }}2{{ end }}'],
    ["a use of the other", '{{ define "x" }}1{{ end }}', '{{ define "y" }}{{ template "x" . }}{{ end }}'],
    ["one of Grafana's own templates", '{{ define "default.title" }}1{{ end }}', '{{ define "y" }}2{{ end }}'],
  ])("no fault: %s", (_what, one, two) => {
    expect(faultsOf(defining("one", one), defining("two", two))).toEqual([]);
  });
});

test("blank lines around a template are ignored, and another owner's definition of the same name is shown", async () => {
  const grafana = await alertingGrafana();
  const context = await grafana.context(grafana.name("own"));
  const theirs = grafana.name("theirs");
  await theirTemplate(grafana, theirs);
  const own = (template: string) => [messageTemplate({ name: grafana.name("own"), template })];
  const { plan } = await converge(context, own(`\n\n{{ define "${theirs}" }}ours{{ end }}\n\n`));
  expect(plan.changes.find(({ kind }) => kind === "message-template")?.sideEffect).toContain(
    `message-template/${theirs}`,
  );
  expect((await planFor(context, own(`{{ define "${theirs}" }}ours{{ end }}`))).plan.changes).toEqual([]);
});
