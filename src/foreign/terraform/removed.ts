import { shellQuoted } from "../../util/command-line.ts";
import type { StateEntry } from "./state.ts";

/** What an import did with an address of a Terraform state. */
export interface StateResult {
  readonly address: string;
  /** The file with the code, relative to the output directory. */
  readonly file?: string;
  /** Why there is no code: a sentence. */
  readonly why?: string;
}

/**
 * The `removed` blocks for resources whose instances all have code, so that Terraform forgets them without deleting them. A
 * block can't name a single instance, so for others the text contains commands. Undefined if no instance has code.
 */
export function removedBlocks(
  entries: readonly Pick<StateEntry, "address" | "resource">[],
  results: readonly StateResult[],
): string | undefined {
  const files = new Map(results.flatMap(({ address, file }) => (file === undefined ? [] : [[address, file] as const])));
  if (files.size === 0) return undefined;
  const whole: string[] = [];
  const parts: string[] = [];
  for (const [resource, instances] of Map.groupBy(entries, (one) => one.resource)) {
    const done = instances.filter(({ address }) => files.has(address));
    if (done.length === instances.length) whole.push(block(resource));
    else parts.push(...done.map(({ address }) => `#   terraform state rm ${shellQuoted(address)}`));
  }
  const head = [
    "# Written by grafana-provision import. Terraform 1.7 or later forgets these resources, and deletes nothing in Grafana.",
    "# Add this file to the root module, delete the resource blocks that it names, and run `terraform apply`.",
  ];
  const rest =
    parts.length === 0
      ? []
      : [
          [
            "# Other instances of these resources were not imported, so that they have no `removed` block. Remove these",
            "# instances from `count` or `for_each`, and run these commands before the next `terraform apply`:",
            ...parts,
          ].join("\n"),
        ];
  return `${[head.join("\n"), ...whole, ...rest].join("\n\n")}\n`;
}

function block(resource: string): string {
  return ["removed {", `  from = ${resource}`, "", "  lifecycle {", "    destroy = false", "  }", "}"].join("\n");
}
