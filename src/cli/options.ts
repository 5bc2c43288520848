import { UsageError } from "../util/errors.ts";
import type { Selection } from "../engine/selection.ts";
import { parseAddress } from "../engine/model.ts";
import { kinds } from "../kinds/index.ts";
import { commandHere } from "../util/command-line.ts";

/** Options of every command that works on a Grafana. */
export interface CommonOptions {
  readonly config?: string;
  readonly env?: string;
  readonly url?: string;
  readonly sandbox?: boolean;
  readonly only?: readonly string[];
  readonly concurrency?: number;
  readonly color: boolean;
  readonly verbose?: boolean;
  /** `markdown` and `html`: only for `plan`. */
  readonly output?: "text" | "json" | "markdown" | "html";
  readonly refreshSecrets?: boolean;
  /** Plans as if the credentials had write permissions: reviews often run with a read-only token. */
  readonly assumeWrite?: boolean;
}

export type Selector = (object: { readonly kind: string; readonly id: string }) => boolean;

/** The objects that `--only KIND[/ID]...` selects. Default: all. */
export function selectorOf(only: readonly string[] | undefined): Selector {
  if (!only) return () => true;
  const wanted = new Set(only.map((text) => checked(text, "--only")));
  return ({ kind, id }) => wanted.has(kind) || wanted.has(`${kind}/${id}`);
}

/** The objects that `--adopt [KIND/ID...]` selects. Without names: all. */
export function selectionOf(given: readonly string[] | true | undefined, option: string): Selection {
  if (given === true) return { all: true, addresses: new Set() };
  const addresses = (given ?? []).map((text) => {
    if (!text.includes("/"))
      throw new UsageError(
        `${option}: invalid value "${text}": use KIND/ID, such as dashboard/fastapi`,
        `Run \`${commandHere("plan")}\` to see the addresses of all resources.`,
        "option-invalid",
      );
    return checked(text, option);
  });
  return { all: false, addresses: new Set(addresses) };
}

function checked(text: string, option: string): string {
  const { kind } = parseAddress(text);
  if (kinds.has(kind)) return text;
  throw new UsageError(
    `${option}: unknown kind "${kind}" in "${text}"`,
    `Use one of: ${[...kinds.keys()].join(", ")}.`,
    "option-invalid",
  );
}
