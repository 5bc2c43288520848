import { PassThrough } from "node:stream";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Change, Plan } from "../../src/engine/change.ts";
import type { DriftReport } from "../../src/engine/drift.ts";
import type { Outcome } from "../../src/engine/events.ts";
import { kinds } from "../../src/kinds/index.ts";
import { driftText } from "../../src/report/drift.ts";
import { jsonLine } from "../../src/report/envelope.ts";
import { failureText } from "../../src/report/failure.ts";
import { faultAnnotations, planAnnotations } from "../../src/report/github.ts";
import { planMarkdown } from "../../src/report/markdown.ts";
import { progressOn } from "../../src/report/progress.ts";
import { runsText } from "../../src/report/runs.ts";
import { faultsText, outcomesText, planText } from "../../src/report/text.ts";
import { guardOutput, writeCommands } from "../../src/secrets/outgoing.ts";
import { EXIT, InvalidCodeError, ProvisionError } from "../../src/util/errors.ts";
import { printable } from "../../src/util/printable.ts";
import { testProject } from "../helpers/cli.ts";
import { GENERATED } from "../helpers/seed.ts";

const PARTS = [
  "\u001b[2J",
  "\u001b[8m",
  "\u001b[31;1m",
  "\u001b]0;title\u0007",
  "\u001b]8;;http://a\u001b\\",
  "\u009b31m",
  "\u0007",
  "\b\b",
  "\r",
  "\r\n",
  "\n",
  "\u2028",
  "\u202e",
  "\u2066",
  "\u0000",
  "\u007f",
  "::error file=a::b",
  "::stop-commands::x",
  "\t::add-mask::x",
  "\u00a0::warning::x",
  "##[error]x",
  "##vso[task.setvariable variable=a]b",
  "##teamcity[message text='a']",
  "text",
  "%0A",
  "ü ✓",
];
const hostile = fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));

// oxlint-disable-next-line no-control-regex
const STYLES = /\u001b\[(?:1|2|22|3[1-69]|39)m/g;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
const COMMAND = /^\s*::|##\w*\[/m;

/** A plan, a result and reports in which each text is one of these. */
function reports(texts: readonly string[]) {
  let index = 0;
  const t = () => texts[index++ % texts.length] ?? "";
  const change = (more: Partial<Change>): Change => ({
    kind: "dashboard",
    id: t(),
    title: t(),
    action: "update",
    source: { file: t(), export: t() },
    origin: "both",
    updatedBy: t(),
    updatedAt: t(),
    sideEffect: t(),
    loss: t(),
    differences: [
      { type: "changed", path: t(), labels: [t(), t()], before: t(), after: t() },
      { type: "added", path: t(), labels: [t()], after: { type: t(), title: t() } },
      { type: "changed", path: t(), labels: [t()], before: 1, after: 2, shown: { before: t(), after: t() } },
    ],
    verified: true,
    needs: [],
    ...more,
  });
  const left = () => ({ reason: "drift", message: t(), hint: t() }) as const;
  const changes = [change({}), change({ action: "delete" }), change({ left: left() }), change({ action: "create" })];
  const plan: Plan = {
    version: 1,
    project: t(),
    changes,
    unchanged: 1,
    orphans: [t()],
    unseen: [{ kind: t(), missing: t(), resources: [t()] }],
    uncheckedSecrets: [{ address: t(), variables: [t()], reason: "variable" }],
    notes: [t()],
  };
  const error = new ProvisionError(t(), { exitCode: EXIT.failure, code: "code-invalid", hint: t() });
  const outcomes: Outcome[] = [
    { change: change({}), status: "failed", error, milliseconds: 1 },
    { change: change({}), status: "skipped", because: t(), milliseconds: 1 },
    { change: change({}), status: "done", milliseconds: 1 },
  ];
  const faults = (["error", "warning"] as const).map((level) => ({
    level,
    file: t(),
    export: t(),
    path: t(),
    message: t(),
    hint: t(),
  }));
  const drift: DriftReport = {
    project: t(),
    drift: (["changed", "conflict", "foreign", "missing"] as const).map((state) => ({
      kind: "folder",
      id: t(),
      title: t(),
      state,
      note: t(),
      hint: t(),
      conflicts: [t()],
      differences: [{ type: "changed", path: t(), labels: [t()], before: t(), after: t() }],
      inGrafana: [{ type: "changed", path: t(), labels: [t()], before: t(), after: t() }],
      inCode: [],
      saves: [{ by: t(), byName: t(), at: t() }],
    })),
    unchanged: 0,
    unseen: plan.unseen,
    notes: [t()],
  };
  const who = { user: t(), host: t(), login: t(), job: t() };
  const target = { type: "grafana", url: t(), version: t(), namespace: t() } as const;
  const run = {
    id: t(),
    directory: t(),
    state: "undone",
    detail: t(),
    command: t(),
    undoes: t(),
    who,
    owner: t(),
  } as const;
  const figures = { added: 1, changed: 0, destroyed: 0, failed: 0 };
  const crash = new Error(t());
  return {
    plan,
    outcomes,
    faults,
    drift,
    runs: [
      { ...run, target, figures },
      { ...run, state: "unreadable" as const },
    ],
    error,
    crash,
    note: t(),
  };
}

function written(action: (stream: NodeJS.WriteStream) => void, guarded = false): string {
  const stream = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.WriteStream;
  if (guarded) guardOutput([stream]);
  action(stream);
  return String((stream as unknown as PassThrough).read() ?? "");
}

describe("no text in a report controls a terminal or a CI system", () => {
  beforeAll(() => vi.stubEnv("FORCE_COLOR", "1"));
  afterAll(() => vi.unstubAllEnvs());
  const stream = process.stdout;

  test.each([true, false])("with colors: %s", GENERATED, (color) => {
    const output = { stream, color };
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (texts) => {
        const { plan, outcomes, faults, drift, runs, error, crash, note } = reports(texts);
        const all = [
          planText(plan, output),
          outcomesText(outcomes, plan, { ...output, verbose: true, next: [note] }),
          driftText(drift, output),
          faultsText(faults, output),
          runsText(runs, output),
          ...[error, crash, new InvalidCodeError(faults)].map((one) => failureText(one, output)),
          written((to) => progressOn(to, { quiet: true }).emit({ type: "note", message: note })),
        ];
        for (const text of all) {
          expect(text.replaceAll(STYLES, "")).not.toMatch(CONTROLS);
          expect(printable(text, { styles: color, cursor: false })).not.toMatch(COMMAND);
        }
        const markdown = printable(planMarkdown(plan, kinds, { target: note }));
        expect(markdown).not.toMatch(CONTROLS);
        expect(markdown).not.toMatch(COMMAND);
      }),
    );
  });
});

test(
  "the output removes control characters and commands from any text, and keeps styles only where they are shown",
  GENERATED,
  () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = written((stream) => stream.write(text), true);
        expect(shown).not.toMatch(CONTROLS);
        expect(shown).not.toMatch(COMMAND);
      }),
    );
    expect(printable("\u001b[31mred\u001b[39m \u001b[8mhidden\u001b[2K", { styles: true, cursor: false })).toBe(
      "\u001b[31mred\u001b[39m hidden",
    );
    expect(printable("a::b ## [link] # [x]\n")).toBe("a::b ## [link] # [x]\n");
  },
);

test("annotations for GitHub stay commands, one for each line", GENERATED, () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1, maxLength: 12 }), (texts) => {
      const { plan, faults } = reports(texts);
      const place = { directory: "/work", workspace: "/work" };
      const commands = faultAnnotations(faults, place) + planAnnotations(plan, kinds, place);
      const shown = written((stream) => writeCommands(stream, commands), true);
      expect(shown).not.toMatch(CONTROLS);
      for (const line of shown.trimEnd().split("\n")) expect(line).toMatch(/^::(?:error|warning|notice) /);
    }),
  );
});

test("JSON keeps its values and contains no control characters or commands", GENERATED, () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const line = jsonLine({ [text]: [text] });
      expect(printable(line)).toBe(line);
      expect(line.slice(0, -1)).not.toMatch(CONTROLS);
      expect(JSON.parse(line)).toEqual({ [text]: [text] });
    }),
  );
});

test("a command of user code reaches neither the terminal nor GitHub, and the tool's annotations do", async () => {
  const text = JSON.stringify("\u001b[2J\n::stop-commands::x\n##[error]y\n");
  const project = await testProject({
    "resources/a.ts": `console.log(${text}); console.error(${text}); throw new Error(${text});\n`,
    "resources/b.json": '{ "a": \u001b[2J\n::error::b }',
  });
  const { code, stdout, stderr } = await project.run(["validate"], { GITHUB_ACTIONS: "true" });
  expect(code).toBe(EXIT.invalid);
  const lines = (stdout + stderr).split("\n");
  expect(lines.filter((line) => line.trimStart().startsWith("::")).map((line) => line.split(",")[0])).toEqual([
    "::error file=resources/a.ts",
    "::error file=resources/b.json",
  ]);
  expect(stdout + stderr).not.toMatch(CONTROLS);
  expect(stdout + stderr).not.toContain("##[");
});
