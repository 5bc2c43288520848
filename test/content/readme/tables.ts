import type { Command, Option } from "commander";
import { program } from "../../../src/cli/program.ts";
import { defineStack } from "../../../src/stack/define.ts";
import { serviceTypes } from "../../../src/stack/services/index.ts";

/** Every command, as the command line defines it. */
export function commandsTable(): string {
  const rows = program.commands.map((command) => {
    const names = [command.name(), ...command.aliases()].map((name) => code([name, ...argumentsOf(command)].join(" ")));
    const values = command.registeredArguments.map((one) => `\`${one.name()}\`: ${prose(one.description)}`);
    return [names.join(", "), [prose(command.description()), ...values].join("; ")];
  });
  return table(["command", ""], rows);
}

/** Every option, with the commands that take it. */
export function optionsTable(): string {
  const all = program.commands.flatMap((command) => command.options.map((option) => ({ command, option })));
  const groups = Map.groupBy(all, ({ option }) => [option.flags, described(option)].join("\0"));
  const rows = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    return [[code(first.option.flags), takenBy(group.map(({ command }) => command.name())), described(first.option)]];
  });
  return table(["option", "of", ""], rows);
}

/** Every service of the backing stack, as its own file has it. */
export function servicesTable(): string {
  const { services } = defineStack();
  const rows = serviceTypes.map((type) => {
    const { name, image, memory } = type;
    const ports = Object.values(type.ports).flatMap(({ host, what }) =>
      host === undefined ? [] : [`${host} (${what})`],
    );
    const container = `${type.container}-toolboxai`;
    const chosen = services.has(name) ? code(name) : `${code(name)}, where it is chosen`;
    return [chosen, code(`${image.repository}:${image.version}`), code(container), ports.join(", "), memory];
  });
  return table(["service", "image", "container", "ports of this machine", "memory"], rows);
}

function takenBy(names: readonly string[]): string {
  const others = program.commands.map((command) => command.name()).filter((name) => !names.includes(name));
  if (others.length === 0) return "all";
  const [list, before] = others.length < 3 ? [others, "all but "] : [names, ""];
  return before + list.map(code).join(", ");
}

function described({ description, defaultValue, argChoices }: Option): string {
  const choices = argChoices ? [`one of ${argChoices.join(", ")}`] : [];
  const preset = defaultValue === undefined || typeof defaultValue === "boolean" ? [] : [`default: ${defaultValue}`];
  const more = [...choices, ...preset].join("; ");
  return prose(description) + (more ? ` (${more})` : "");
}

function argumentsOf(command: Command): string[] {
  return command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`));
}

/** Options in a sentence are set as code, but for those that are already. */
function prose(text: string): string {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(/(?<!\w)--[a-z-]+/g, (option) => code(option)) : part))
    .join("`");
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
