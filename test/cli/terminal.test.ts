import { describe, expect, test } from "vitest";
import { find } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS, ONCE } from "../helpers/mode.ts";
import { HAS_TERMINAL, KEYS, onTerminal, type Answers } from "../helpers/terminal.ts";

const QUESTION = "[y/N] ";

interface Stage {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  /** Changes the title of the folder in the code. */
  readonly title: (title: string) => Promise<void>;
  /** Removes the second folder from the code. */
  readonly shrink: () => Promise<void>;
  /** The title of the folder in Grafana. */
  readonly live: () => Promise<unknown>;
  readonly run: (args: readonly string[], answers?: Answers) => ReturnType<typeof onTerminal>;
}

async function stage(): Promise<Stage> {
  const grafana = await testGrafana();
  const [owner, uid, other] = [grafana.name("own"), grafana.name("a"), grafana.name("b")];
  const file = (title: string, ids: readonly string[]) =>
    `import { folder } from "grafana-provision";\n${ids.map((id, index) => `export const f${index} = folder({ uid: "${id}", title: "${title} ${id}" });`).join("\n")}\n`;
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
    "resources/folders.ts": file("One", [uid, other]),
  });
  return {
    grafana,
    project,
    title: (title) => project.write({ "resources/folders.ts": file(title, [uid, other]) }),
    shrink: () => project.write({ "resources/folders.ts": file("One", [uid]) }),
    live: async () => (await find(grafana, "folder", uid))?.spec["title"],
    run: (args, answers) => onTerminal(project, args, grafana.variables, answers),
  };
}

// The same on every Grafana.
describe.runIf(ONCE && HAS_TERMINAL)("apply on a terminal", () => {
  test("asks before it changes a Grafana, and only then", async () => {
    const { grafana, live, run } = await stage();

    const applied = await run(["apply"], [[QUESTION, `y${KEYS.enter}`]]);

    expect(applied.code).toBe(0);
    expect(applied.stdout).toContain(`Apply 2 changes to ${grafana.url}?`);
    expect(await live()).toContain("One");
    const again = await run(["apply"]);
    expect([again.code, again.stdout.includes(QUESTION)]).toEqual([0, false]);
  });

  test.each([
    ["no", `n${KEYS.enter}`],
    ["an empty line", KEYS.enter],
    ["any other answer", `yess${KEYS.enter}`],
    ["Ctrl-C", KEYS.interrupt],
    ["the end of input", KEYS.endOfInput],
  ])("after %s, it has changed nothing and exits 5", async (_answer, keys) => {
    const { live, run } = await stage();

    const { code, stdout } = await run(["apply"], [[QUESTION, keys]]);

    expect(code, stdout).toBe(5);
    expect(await live()).toBeUndefined();
  });

  test("with --yes, on the sandbox, and with -o json, it does not ask", async () => {
    const { live, run } = await stage();
    const sandbox = await run(["apply", "--sandbox"]);
    expect([sandbox.code, sandbox.stdout.includes(QUESTION)]).toEqual([0, false]);
    expect(await live()).toBeUndefined();
    const yes = await run(["apply", "--yes"]);
    expect([yes.code, yes.stdout.includes(QUESTION)]).toEqual([0, false]);
    const json = await run(["apply", "-o", "json"]);
    expect([json.code, json.stdout.includes(QUESTION)]).toEqual([0, false]);
  });

  test.runIf(MARKS)("it asks once for changes and deletions, and a saved plan asks only for deletions", async () => {
    const { grafana, title, shrink, live, run } = await stage();
    await run(["apply", "--yes"]);
    await title("Two");
    await run(["plan", "--out", "plan.json"]);
    const saved = await run(["apply", "plan.json"]);
    expect([saved.code, saved.stdout.includes(QUESTION)]).toEqual([0, false]);
    expect(await live()).toContain("Two");

    await shrink();
    const refused = await run(["apply", "--prune"], [[QUESTION, `n${KEYS.enter}`]]);
    expect(refused.code).toBe(5);
    expect(refused.stdout).toContain(`to ${grafana.url}, including the deletion of folder/`);
    expect(await live()).toContain("Two");

    await run(["plan", "--prune", "--out", "plan.json"]);
    const deleted = await run(
      ["apply", "plan.json"],
      [
        ["Delete folder/", ""],
        [QUESTION, `y${KEYS.enter}`],
      ],
    );
    expect(deleted.code).toBe(0);
    expect(await live()).toContain("One");
  });

  test.runIf(MARKS)("a change made in Grafana stays after no, and is overwritten after yes", async () => {
    const { grafana, title, live, run } = await stage();
    await run(["apply", "--yes"]);
    await title("Two");
    const uid = grafana.name("a");
    await grafana.other.send({
      method: "PUT",
      path: `/api/folders/${uid}`,
      body: { title: "Edited", overwrite: true },
    });

    const kept = await run(
      ["apply"],
      [
        ["Overwrite the changes", ""],
        [QUESTION, `n${KEYS.enter}`],
        [QUESTION, `y${KEYS.enter}`],
      ],
    );
    expect(kept.code, kept.stdout).toBe(8);
    expect(await live()).toBe("Edited");

    const taken = await run(
      ["apply"],
      [
        ["Overwrite the changes", ""],
        [QUESTION, `y${KEYS.enter}`],
        [QUESTION, `y${KEYS.enter}`],
      ],
    );
    expect(taken.code, taken.stdout).toBe(0);
    expect(await live()).toContain("Two");
  });

  test("rollback asks too", async () => {
    const { live, run, title } = await stage();
    await run(["apply", "--yes"]);
    await title("Two");
    await run(["apply", "--yes"]);
    const { code } = await run(["rollback", "latest"], [[QUESTION, `n${KEYS.enter}`]]);
    expect(code).toBe(5);
    expect(await live()).toContain("Two");
  });
});
