import type { Client } from "../grafana/client.ts";
import { Forbidden } from "../grafana/errors.ts";

/** A list in which several objects of a run look up others by name. */
export interface LookUp<Answer> {
  /** The kind whose writes change the list. Absent: this tool never changes it. */
  readonly kind?: string;
  readonly read: (client: Client) => Promise<Answer>;
}

/** The lists that a plan or an apply has read. */
export interface LookUps {
  /** The list, with one request for all who use it. */
  read<Answer>(list: LookUp<Answer>, client: Client): Promise<Answer>;
  /** After a write of an object of this kind, its lists are read again. */
  forget(kind: string): void;
}

export function createLookUps(): LookUps {
  const found = new Map<LookUp<unknown>, Promise<unknown>>();
  return {
    read<Answer>(list: LookUp<Answer>, client: Client) {
      const known = found.get(list) as Promise<Answer> | undefined;
      if (known) return known;
      const answer = list.read(client);
      found.set(list, answer);
      // A missing permission is the same for all of them. Any other failure may be temporary.
      answer.catch((error: unknown) => {
        if (!(error instanceof Forbidden) && found.get(list) === answer) found.delete(list);
      });
      return answer;
    },
    forget(kind) {
      for (const list of found.keys()) if (list.kind === kind) found.delete(list);
    },
  };
}

/** A list for a look-up by name. Outside of a plan or an apply, each look-up is a request. */
export function lookUp<Answer>(
  { grafana: { client }, lookUps }: { readonly grafana: { readonly client: Client }; readonly lookUps?: LookUps },
  list: LookUp<Answer>,
): Promise<Answer> {
  return lookUps ? lookUps.read(list, client) : list.read(client);
}
