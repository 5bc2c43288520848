import { UsageError } from "../util/errors.ts";
import { nameSelects, type Selection } from "../engine/selection.ts";
import { address } from "../engine/model.ts";
import { kinds } from "../kinds/index.ts";
import { commandHere } from "../util/command-line.ts";
import { checkedName } from "./names.ts";

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
  /** `markdown`: only for `plan`, `drift` and `apply`, `html` only for `plan` and `drift`. */
  readonly output?: "text" | "json" | "markdown" | "html";
  readonly refreshSecrets?: boolean;
  /** Plans as if the credentials had write permissions: reviews often run with a read-only token. */
  readonly assumeWrite?: boolean;
}

export type Selector = (object: { readonly kind: string; readonly id: string }) => boolean;

/** The objects that `--only KIND[/ID]...` selects. Default: all. */
export function selectorOf(only: readonly string[] | undefined): Selector {
  if (!only) return () => true;
  const wanted = only.map((text) => checkedName(text, "--only", kinds.keys()));
  return (object) => wanted.some((name) => nameSelects(name, address(object)));
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
    return checkedName(text, option, kinds.keys());
  });
  return { all: false, addresses: new Set(addresses) };
}
