import type { Command } from "commander";
import { expect, test } from "vitest";
import { program } from "../../src/cli/program.ts";

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}

const commands = program.commands.map((command) => ({ name: command.name(), command }));

test.each(commands)("the help of $name has an example that runs this command", async ({ name, command }) => {
  const [, lines = ""] = helpOf(command).split("\nExample:\n");
  const examples = lines.trim().split("\n");
  const ran: string[] = [];
  for (const one of program.commands) one.action(() => void ran.push(one.name()));
  for (const example of examples) {
    const [tool, ...args] = example.trim().split(" ");
    expect(tool).toBe("grafana-provision");
    await program.parseAsync(args, { from: "user" });
  }
  expect(ran).toEqual(examples.map(() => name));
});

test.each([
  ["plan --onyl folder", "commander.unknownOption"],
  ["init a b", "commander.excessArguments"],
  ["plan --output yaml", "commander.invalidArgument"],
  ["stack:up --timeout none", "commander.invalidArgument"],
])("an example such as %s does not parse", async (line, code) => {
  for (const one of program.commands) one.action(() => {});
  program.configureOutput({ writeErr: () => {} });
  for (const one of program.commands) one.configureOutput({ writeErr: () => {} });
  await expect(program.parseAsync(line.split(" "), { from: "user" })).rejects.toMatchObject({ code });
});
