import type { Command, Option } from "commander";
import { examplesOf } from "../../../src/cli/examples.ts";
import { program } from "../../../src/cli/program.ts";
import { defineStack } from "../../../src/stack/define.ts";
import { RULES } from "../../../src/lint/rules/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { serviceTypes } from "../../../src/stack/services/index.ts";
import { sections, type Metric } from "../metrics.ts";

/** An option of at least this many commands is listed once for all of them. */
const COMMON = 6;

/** Generated parts of the pages, by the names of their markers. */
export function tables(): ReadonlyMap<string, string> {
  return new Map([
    ["services", servicesTable()],
    ["commands", commandsTable()],
    ["command-sections", commandSections()],
    ["common-options", commonOptionsTable()],
    ["kinds", `${[...kinds.keys()].map(code).join(", ")}.`],
    ["lint-rules", lintRules()],
    ...metricsTables(),
  ]);
}

/** All rules of `lint` in a table, and a section for each. */
function lintRules(): string {
  const rows = RULES.map(({ id, severity, reason }) => [`[${code(id)}](#${id})`, severity, prose(reason)]);
  const groups = [...Map.groupBy(RULES, ({ group }) => group)].map(([group, rules]) =>
    [
      `### ${group}`,
      ...rules.map(({ id, reason, about, bad, good, severity }) =>
        [
          `#### ${id}`,
          `Severity: ${severity}. ${reason}`,
          about,
          `Reported: ${code(bad)}`,
          `Better: ${code(good)}`,
        ].join("\n\n"),
      ),
    ].join("\n\n"),
  );
  return [table(["rule", "severity", "reason"], rows), ...groups].join("\n\n");
}

function commandsTable(): string {
  const rows = program.commands.map((command) => {
    const names = [command.name(), ...command.aliases()].map(code).join(", ");
    return [`[${names}](#${command.name().replace(":", "")})`, prose(command.description())];
  });
  return table(["command", "what it does"], rows);
}

function commandSections(): string {
  return program.commands.map(commandSection).join("\n\n");
}

function commandSection(command: Command): string {
  const name = command.name();
  const values = command.registeredArguments.map((one) => [code(one.name()), prose(one.description)]);
  const own = command.options.filter((option) => !isCommon(option)).map(optionRow);
  const usage = [program.name(), name, command.usage()].join(" ");
  return [
    `### ${name}`,
    sentence(prose(command.description())),
    ...(command.alias() ? [`Alias: ${command.aliases().map(code).join(", ")}.`] : []),
    shell([usage]),
    ...(values.length > 0 ? [table(["argument", "meaning"], values)] : []),
    ...(own.length > 0 ? [table(["option", "meaning"], own)] : []),
    ...(command.options.some(isCommon) ? ["See also the [common options](#common-options)."] : []),
    "Example:",
    shell(examplesOf(name)),
  ].join("\n\n");
}

/** Options of many commands, with the commands that take them. */
function commonOptionsTable(): string {
  const rows = [...groups().values()].flatMap((group) => {
    const [first] = group;
    if (!first || !isCommon(first.option)) return [];
    const [flags = "", meaning = ""] = optionRow(first.option);
    return [[flags, takenBy(group.map(({ command }) => command.name())), meaning]];
  });
  return table(["option", "commands", "meaning"], rows);
}

/** The services of the stack, from their definitions. */
function servicesTable(): string {
  const { services } = defineStack();
  const rows = serviceTypes.map((type) => {
    const { name, image, memory } = type;
    const ports = Object.values(type.ports).flatMap(({ host, what }) =>
      host === undefined ? [] : [`${host} (${what})`],
    );
    const container = `${type.container}-toolboxai`;
    const selected = services.has(name) ? code(name) : `${code(name)}, if selected`;
    return [selected, code(`${image.repository}:${image.version}`), code(container), ports.join(", "), memory];
  });
  return table(["service", "image", "container", "ports on this machine", "memory"], rows);
}

/** The metrics of each section of METRICS.md, and the buckets of the backend's histograms. */
function metricsTables(): [string, string][] {
  const metrics = sections.flatMap((section) => section.metrics);
  return [
    ...sections.map(({ title, metrics, readBy }): [string, string] => [
      `metrics-${title.toLowerCase().replaceAll(" ", "-")}`,
      metricsTable(metrics, readBy === "alerts"),
    ]),
    [
      "metrics-buckets",
      table(
        ["Metric", "Buckets, in seconds"],
        metrics.flatMap(({ name, buckets, limit }) =>
          buckets
            ? [[code(name), buckets.map((bound) => (bound === limit ? `**${bound}**` : `${bound}`)).join(", ")]]
            : [],
        ),
      ),
    ],
  ];
}

function metricsTable(metrics: readonly Metric[], withExposer: boolean): string {
  const exposer = (cell: string) => (withExposer ? [cell] : []);
  return table(
    ["Metric", ...exposer("Exposed by"), "Type", "Labels", "Unit", "Meaning"],
    metrics.map(({ name, type, labels, unit, meaning, exposedBy }) => [
      code(name),
      ...exposer(exposedBy === "backend" ? "the backend" : exposedBy),
      type,
      labels.map(code).join(", "),
      unit,
      meaning,
    ]),
  );
}

function groups() {
  const all = program.commands.flatMap((command) => command.options.map((option) => ({ command, option })));
  return Map.groupBy(all, ({ option }) => identity(option));
}

function identity(option: Option): string {
  return optionRow(option).join("\0");
}

function isCommon(option: Option): boolean {
  return (groups().get(identity(option))?.length ?? 0) >= COMMON;
}

function takenBy(names: readonly string[]): string {
  const others = program.commands.map((command) => command.name()).filter((name) => !names.includes(name));
  if (others.length === 0) return "all";
  const [list, before] = others.length < 3 ? [others, "all except "] : [names, ""];
  return before + list.map(code).join(", ");
}

function optionRow({ flags, description, defaultValue, argChoices }: Option): string[] {
  const choices = argChoices ? [`one of ${argChoices.map(code).join(", ")}`] : [];
  const preset =
    defaultValue === undefined || typeof defaultValue === "boolean" ? [] : [`default: ${code(`${defaultValue}`)}`];
  const more = [...choices, ...preset].join("; ");
  return [code(flags), prose(description) + (more ? ` (${more})` : "")];
}

/** Sets options in a sentence as code, unless they are already. */
function prose(text: string): string {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(/(?<!\w)--[a-z-]+/g, (option) => code(option)) : part))
    .join("`");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function shell(lines: readonly string[]): string {
  return ["```sh", ...lines, "```"].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
