import { painter, type Output } from "./output.ts";

/** The files of a directory, by what was or would be done with them. */
export interface WrittenReport {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

export function writtenText(
  directory: string,
  { added, changed, removed, unchanged }: WrittenReport,
  output: Output & { readonly checked: boolean; readonly target: string },
): string {
  const paint = painter(output);
  const lines = [
    ...added.map((path) => paint("green", `+ ${path}`)),
    ...changed.map((path) => paint("yellow", `~ ${path}`)),
    ...removed.map((path) => paint("red", `- ${path}`)),
  ];
  const count = lines.length;
  const files = (number: number) => `${number} ${number === 1 ? "file" : "files"}`;
  const head = output.checked
    ? count === 0
      ? `${directory} matches the definition: ${files(unchanged.length)}.`
      : `${directory} differs from the definition. \`stack:render\` would change:`
    : count === 0
      ? `${directory} is up to date: ${files(unchanged.length)}.`
      : `Wrote ${directory}:`;
  const next =
    output.checked || output.target === "compose" ? "" : `${directory}/README.md describes how to deploy them.\n`;
  return `${head}\n${lines.map((line) => `  ${line}\n`).join("")}${next}`;
}
