import { UsageError } from "../util/errors.ts";
import type { Selection } from "../engine/selection.ts";
import { parseAddress } from "../engine/model.ts";
import { kinds } from "../kinds/index.ts";

/** Options that every command which works on a Grafana takes. */
export interface CommonOptions {
  readonly config?: string;
  readonly env?: string;
  readonly url?: string;
  readonly sandbox?: boolean;
  readonly only?: readonly string[];
  readonly concurrency?: number;
  readonly color: boolean;
  readonly verbose?: boolean;
  /** `markdown` and `html`: of a plan alone. */
  readonly output?: "text" | "json" | "markdown" | "html";
  readonly refreshSecrets?: boolean;
  /** Plans as if the credentials may write: who reviews has some that may only read. */
  readonly assumeWrite?: boolean;
}

export type Selector = (object: { readonly kind: string; readonly id: string }) => boolean;

/** `--only KIND[/ID]...`: everything where it isn't given. */
export function selectorOf(only: readonly string[] | undefined): Selector {
  if (!only) return () => true;
  const wanted = new Set(only.map((text) => checked(text, "--only")));
  return ({ kind, id }) => wanted.has(kind) || wanted.has(`${kind}/${id}`);
}

/** `--adopt [KIND/ID...]`: bare means all. */
export function selectionOf(given: readonly string[] | true | undefined, option: string): Selection {
  if (given === true) return { all: true, addresses: new Set() };
  const addresses = (given ?? []).map((text) => {
    if (!text.includes("/")) throw new UsageError(`${option} takes KIND/ID, as in dashboard/fastapi: ${text}`);
    return checked(text, option);
  });
  return { all: false, addresses: new Set(addresses) };
}

function checked(text: string, option: string): string {
  const { kind } = parseAddress(text);
  if (kinds.has(kind)) return text;
  throw new UsageError(
    `${option} ${text}: there is no kind "${kind}"`,
    `The kinds are ${[...kinds.keys()].join(", ")}.`,
  );
}
