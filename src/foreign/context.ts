import type { ForeignContext } from "../engine/foreign.ts";
import { env, secret } from "../secrets/secret.ts";
import { variableFrom } from "../secrets/variable-name.ts";
import { namesCredential, variableIn, type Variables } from "./variables.ts";

/** A container that files name only by its titles. `uid`: set later if another source knows it. */
interface NamedContainer {
  readonly kind: string;
  readonly title: string;
  uid?: string;
  readonly parent: object | null;
}

/** What all objects of an import share. */
export interface Shared {
  contextFor(leaveOut: ForeignContext["leaveOut"]): ForeignContext;
  /** The containers that were named by their titles, with these titles, the outermost first. */
  readonly containers: readonly { readonly titles: readonly string[]; readonly value: NamedContainer }[];
}

/** `reserved`: names of variables that files refer to. */
export function sharedContext(container: string, variables: Variables, reserved: ReadonlySet<string>): Shared {
  const containers = new Map<string, { titles: readonly string[]; value: NamedContainer }>();
  const taken = new Set(reserved);

  function containerAt(titles: readonly string[], uid?: string): NamedContainer {
    const key = JSON.stringify(titles);
    const known = containers.get(key)?.value;
    if (known) {
      if (uid !== undefined) known.uid ??= uid;
      return known;
    }
    const parent = titles.length > 1 ? containerAt(titles.slice(0, -1)) : null;
    const value = { kind: container, title: titles.at(-1) ?? "", ...(uid === undefined ? {} : { uid }), parent };
    containers.set(key, { titles, value });
    return value;
  }

  return {
    get containers() {
      return [...containers.values()];
    },
    contextFor: (leaveOut) => ({
      container: containerAt,
      interpolated: (value) => variables.interpolated(value),
      isVariable: (text) => variableIn(text) !== undefined,
      secret(text, wanted) {
        const named = variableIn(text);
        if (named !== undefined) return secret(env(named));
        const base = variableFrom(wanted);
        let name = base;
        for (let number = 2; taken.has(name); number++) name = `${base}_${number}`;
        taken.add(name);
        return secret(env(name));
      },
      namesCredential,
      leaveOut,
    }),
  };
}
