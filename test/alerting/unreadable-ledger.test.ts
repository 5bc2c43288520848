import { describe, expect, test } from "vitest";
import { LEDGER } from "../../src/ownership/annotations.ts";
import { messageTemplate } from "../../src/index.ts";
import { EXIT } from "../../src/util/errors.ts";
import { carryOut, declare, find, objectPath, place, repository } from "../engine/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { alertingGrafana, get, TEMPLATES, theirTemplate } from "./support.ts";

const UNREADABLE = [
  ["is empty", () => ""],
  ["is truncated", (ledger: string) => ledger.slice(0, -5)],
  ["is not an object", () => "[]"],
  ["has no entries", () => JSON.stringify({ form: 2, serial: 5 })],
  ["has an entry of another shape", (ledger: string) => ledger.replace(/(":\[)"[0-9a-f]{32}"/, "$17")],
] as const;

function words(name: string, text = "ours") {
  return messageTemplate({ name, template: `{{ define "${name}" }}${text}{{ end }}` });
}

async function scene() {
  const grafana = await alertingGrafana();
  const owner = grafana.name("own");
  const [home, name] = [place(grafana.name("home")), grafana.name("words")];
  const uid = home.uid ?? "";
  const context = await grafana.context(owner);
  await converge(context, [home, words(name)]);
  const ledger = async () => (await find(grafana, "folder", uid))?.metadata.annotations[LEDGER];
  const setLedger = async (text: string | null) => {
    const headers = { "Content-Type": "application/merge-patch+json" };
    const body = { metadata: { annotations: { [LEDGER]: text } } };
    await grafana.other.send({ method: "PATCH", path: objectPath("folder", uid), headers, body });
  };
  return { grafana, owner, context, home, uid, name, ledger, setLedger };
}

async function templateIn(grafana: TestGrafana, name: string): Promise<unknown> {
  return (await get(grafana, `${TEMPLATES}/${name}`))?.["template"];
}

describe.runIf(MARKS)("every command fails if the ledger [needs marks]", () => {
  test.each(UNREADABLE)("%s", async (_what, change) => {
    const { grafana, owner, home, uid, name, ledger, setLedger } = await scene();
    const project = await repository(owner, [home, words(name)]);
    await setLedger(change((await ledger()) ?? ""));
    await theirTemplate(grafana, name);
    const before = [await ledger(), await templateIn(grafana, name)];
    const all = [["drift"], ["plan"], ["apply", "--yes"], ["apply", "--prune", "--yes"], ["destroy", "--yes"]];

    for (const args of all) {
      const { code, stdout, stderr } = await project.run(args, grafana.variables);
      expect(code, args.join(" ") + stdout + stderr).toBe(EXIT.failure);
      expect(stderr).toContain(`folder/${uid}`);
      expect(stderr).toContain(LEDGER);
    }

    expect([await ledger(), await templateIn(grafana, name)]).toEqual(before);
  });

  test("is unreadable, until its annotation is removed: then the listed objects must be adopted", async () => {
    const { grafana, owner, home, name, setLedger } = await scene();
    const project = await repository(owner, [home, words(name)]);
    await setLedger("{");
    expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.failure);
    await setLedger(null);
    await declare(project, [home, words(name, "new")]);

    const adopt = await project.run(["apply", "--adopt", `message-template/${name}`], grafana.variables);

    expect(adopt.code, adopt.stdout + adopt.stderr).toBe(EXIT.done);
    expect(await templateIn(grafana, name)).toContain("new");
  });

  test("becomes unreadable after the plan: nothing that it records is written", async () => {
    const { grafana, context, home, name, ledger, setLedger } = await scene();
    const prepared = await planFor(context, [home, words(name, "new")]);
    await setLedger("{");

    const outcomes = await carryOut(context, prepared);

    expect(outcomes.map(({ status, error }) => [status, error?.name])).toEqual([["failed", "LedgerUnreadable"]]);
    expect(await ledger()).toBe("{");
    expect(await templateIn(grafana, name)).toContain("ours");
  });
});
