import { SECRETS, type BuiltService } from "./compose.ts";

/** The environment variables that services read when they are deployed. */
export function variablesOf(built: readonly BuiltService[]): string[] {
  const names = built.flatMap(({ service }) =>
    Object.values(service.environment).flatMap((value) => (typeof value === "string" ? [] : [value.variable])),
  );
  return [...new Set(names)].toSorted();
}

/** Each secret with its file: those of the stack are in `secrets`. */
export function secretRows(built: readonly BuiltService[]): string[][] {
  const rows = built.flatMap(({ parts }) =>
    (parts.secrets ?? []).map((secret): [string, string] =>
      typeof secret === "string"
        ? [secret, `\`${SECRETS}/${secret}\``]
        : [secret.name, `\`${secret.path}\`, from the definition`],
    ),
  );
  return [...new Map(rows)].map(([name, file]) => [`\`${name}\``, file]);
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}
