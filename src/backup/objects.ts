import { ZodError } from "zod";
import type { Live } from "../engine/comparison.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { Mapping } from "../engine/mapping.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { withoutFormerLedger } from "../ownership/ledger-owners.ts";
import type { NamedSecrets } from "../secrets/named-secrets.ts";
import type { JsonObject } from "../util/json.ts";
import type { StoredObject } from "./directory.ts";
import type { IsLacking } from "./holders.ts";
import { currentOf, unsealed } from "./seal.ts";

interface Building {
  /** With the ledger of the backup. */
  readonly former: KindContext;
  readonly kinds: Kinds;
  readonly live: Live;
  readonly restored: readonly StoredObject[];
  readonly isLacking: IsLacking;
  readonly mapping: Mapping | undefined;
  /** The owners of the ledgers that Grafana has. */
  readonly ledgerOwners: ReadonlySet<string>;
}

/** An object as it was, or why it is unknown. */
interface BuiltObject {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly state: { readonly before: LiveObject } | { readonly unknown: string };
}

interface Built {
  readonly objects: readonly BuiltObject[];
  /** Users, teams and service accounts that Grafana lacks, each with the objects that name them. */
  readonly lacking: ReadonlyMap<string, readonly string[]>;
  /** The variables of texts that are restored without their credentials. */
  readonly unset: readonly string[];
}

/** The former state of each object, from its file. */
export function objectsOf({ former, kinds, live, restored, isLacking, mapping, ledgerOwners }: Building): Built {
  const byName = new Map(
    [...live].flatMap(([kind, all]) => all.map((one) => [address({ kind, id: one.id }), one] as const)),
  );
  const lacking = new Map<string, string[]>();
  const variables: string[] = [];
  const read = (variable: string) => former.secrets.given(variable);
  const stateOf = (stored: StoredObject, kind: ResourceKind): BuiltObject["state"] => {
    const { secrets = [], content } = stored;
    const live = byName.get(address(stored));
    const now = live?.complete && secrets.some(({ text }) => text) ? currentOf(former, kind, live) : undefined;
    try {
      const { snapshot, unset } = unsealed({ content: content as JsonObject, secrets }, kind, { now, read });
      variables.push(...unset);
      const mapped = mapping && kind.mapping ? kind.mapping.form(snapshot, mapping.rename) : snapshot;
      const form = kind.container ? withoutFormerLedger(mapped, ledgerOwners) : mapped;
      const before = kind.rollback.restoreSnapshot(former, form);
      const missing = new Set((kind.backup?.holders?.of(before) ?? []).filter(isLacking));
      for (const holder of missing) lacking.set(holder, [...(lacking.get(holder) ?? []), address(stored)]);
      return { before: missing.size > 0 ? (kind.backup?.holders?.without(before, missing) ?? before) : before };
    } catch (error) {
      if (!(error instanceof ZodError)) throw error;
      return { unknown: `this version can't read its file ${stored.file}` };
    }
  };
  const objects = restored.flatMap((stored): BuiltObject[] => {
    const kind = kinds.get(stored.kind);
    const { kind: name, id, title } = stored;
    return kind ? [{ kind: name, id, title, state: stateOf(stored, kind) }] : [];
  });
  return { objects, lacking, unset: variables };
}

/** The variables that a restore may read. */
export function variablesOf(restored: readonly StoredObject[]): NamedSecrets {
  return new Map(
    restored.map((one) => [
      address(one),
      (one.secrets ?? []).map(({ path, variable, within }) => ({
        path,
        variable,
        ...(within === undefined ? {} : { within }),
      })),
    ]),
  );
}
