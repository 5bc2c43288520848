import { clean } from "../util/clean.ts";
import { painter, type Output } from "./output.ts";

/** The result for one file. */
export type Upgraded = { readonly address: string; readonly file: string } & (
  { readonly done: string } | { readonly apiVersion: string; readonly checks: readonly string[] }
);

export interface UpgradeInput {
  readonly upgraded: readonly Upgraded[];
  /** What could not be deleted in Grafana, and why. */
  readonly notes: readonly string[];
  readonly written: boolean;
  readonly sandbox: boolean;
  /** The command that shows the change. */
  readonly plan: string;
}

/** One section per file: what was written, and what to check. */
export function upgradeText({ upgraded, notes, written, sandbox, plan }: UpgradeInput, output: Output): string {
  const paint = painter(output);
  const sections = upgraded.map((one) => {
    const name = paint("bold", clean(one.address));
    if ("done" in one) return `${name} in ${clean(one.file)} ${one.done}.\n`;
    const verb = written ? "was rewritten" : "would be rewritten";
    const head = `${name}: ${clean(one.file)} ${verb} in schema v2 (${clean(one.apiVersion)}).\n`;
    const checks = one.checks.map((check) => `  - ${clean(check)}\n`).join("");
    return checks === "" ? head : `${head}  Check:\n${checks}`;
  });
  const converted = upgraded.some((one) => "checks" in one);
  const origin = sandbox
    ? "The sandbox converted it. Variables without a datasource have the type of the sandbox's default datasource.\n"
    : "";
  const next = written
    ? `Next: ${plan}\nThe plan shows what differs from Grafana. Then check the dashboard in Grafana's UI.\n`
    : "Nothing was written. To rewrite the file, pass --write.\n";
  const lines = notes.map((note) => `${clean(note)}\n`).join("");
  return `${sections.join("\n")}${lines}${converted ? `\n${origin}${next}` : ""}`;
}
