import { Option, type Command } from "commander";
import { yes } from "./option-values.ts";

/** Adds the arguments and options of `contact-point`. */
export function addContactPointCommand(command: Command, finish: (running: Promise<number>) => Promise<void>): void {
  const [action, name] = command.registeredArguments;
  action?.choices(["test"]);
  if (action) action.description = "`test`: send a test message";
  if (name) name.description = "name of the contact point in the code or in Grafana";
  command
    .description("send a test message through each integration of a contact point in Grafana")
    .addOption(yes())
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(async (_action: string, name: string, options) =>
      finish((await import("./commands/contact-point.ts")).testContactPoint(name, options)),
    );
}
