import { apiName, address, type LiveObject } from "../engine/model.ts";
import type { SourceContext } from "../engine/source.ts";
import { env, secret, type SecretUse } from "../secrets/secret.ts";
import { variableFrom } from "../secrets/variable-name.ts";
import { equal, toJson } from "../util/json.ts";
import { call, property, valueOf, type Expression, type Imported } from "./code/expression.ts";
import { identifierFrom } from "./code/names.ts";
import type { Objects, SourceKind } from "./objects.ts";
import type { Place, Places } from "./places.ts";

/** An object that the project's code already has. */
export interface Known {
  /** Relative to the output directory. */
  readonly file: string;
  /** The name of the export; undefined if it can't be imported. */
  readonly export: string | undefined;
  /** Where it is, for messages: relative to the configuration. */
  readonly source: string;
}

/** An export of the project's code that refers to an object with `existing`. */
export interface KnownReference extends Known {
  readonly value: object;
}

/** `existing.*` of this package. */
export type Existing = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Options {
  readonly existing: Existing;
  readonly objects: Objects;
  readonly places: Places;
  readonly known: ReadonlyMap<string, Known>;
  readonly knownReferences: ReadonlyMap<string, KnownReference>;
  /** The variables of secrets that are known, by address. */
  readonly secrets?: ReadonlyMap<string, readonly SecretUse[]> | undefined;
  /** Adds an export to a file for all objects of a kind. */
  readonly share: (place: Place, value: Expression) => void;
  readonly isWritten: (kind: SourceKind, object: LiveObject) => boolean;
  /** Called for each reference to an object that the project's code doesn't have. */
  readonly onRefer: (kind: SourceKind, object: LiveObject) => void;
  /** The variables of secrets, with the addresses of the objects that they are for. Other projects can share them. */
  readonly variables: Map<string, string>;
}

export interface References {
  /** The names of other objects, for the code of this one. */
  of(
    kind: SourceKind,
    object: LiveObject,
  ): Pick<SourceContext, "refer" | "find" | "isReadable" | "secret" | "own" | "leaveOut">;
  /** `existing.folder("uid")` */
  existing(kind: SourceKind, object: LiveObject): Expression;
  /** What was left out of the code of objects. */
  readonly notes: readonly string[];
}

const PACKAGE = "grafana-provision";

export function referencesFor(options: Options): References {
  const { existing, objects, places, known, knownReferences, secrets, share, isWritten, onRefer, variables } = options;
  const kinds = new Map(objects.kinds.map((kind) => [kind.name, kind]));
  const notes: string[] = [];
  const shared = new Set<string>();
  const reserved = new Set([...(secrets?.values() ?? [])].flatMap((uses) => uses.map(({ variable }) => variable)));

  function existingExpression(kind: SourceKind, object: LiveObject): Expression {
    const more = (kind.source.existing?.(object) ?? []).map((one) => valueOf(one ?? null));
    const method = property(own("existing", existing), apiName(kind.name));
    return call(method, valueOf(object.id), ...more);
  }

  function refer(kindName: string, id: string): Expression | undefined {
    const kind = kinds.get(kindName);
    const object = objects.find(kindName, id);
    if (!kind || !object) return undefined;
    const name = address({ kind: kindName, id: object.id });
    const expression = existingExpression(kind, object);
    const there = known.get(name);
    const value = valueIn(expression, existing);
    const as = { as: identifierFrom(object.title, kindName) };
    if (there?.export !== undefined) return { type: "imported", from: there.file, name: there.export, ...as, value };
    if (!there) onRefer(kind, object);
    const same = there || isWritten(kind, object) ? undefined : knownReferences.get(name);
    if (same?.export !== undefined && equal(toJson(same.value), toJson(value ?? null)))
      return { type: "imported", from: same.file, name: same.export, ...as, value };
    if (there || (kind.source.file === undefined && !isWritten(kind, object))) return expression;
    const place = places.of(kind, object);
    // A document has no exports.
    if (!place.file.endsWith(".ts")) return expression;
    if (!isWritten(kind, object) && !shared.has(name)) {
      shared.add(name);
      share(place, expression);
    }
    return { type: "imported", from: place.file, name: place.export, as: place.name, value };
  }

  return {
    existing: existingExpression,
    notes,
    of: (kind, object) => ({
      refer,
      find: objects.find,
      isReadable: (wanted) => !objects.unreadable.has(wanted),
      own,
      secret(wanted, isPlace) {
        const name = address({ kind: kind.name, id: object.id });
        const base = variableFrom(wanted);
        let variable = secrets?.get(name)?.find(isPlace)?.variable;
        for (let number = 1; variable === undefined; number++) {
          const next = number === 1 ? base : `${base}_${number}`;
          if (!variables.has(next) && !reserved.has(next)) variable = next;
        }
        variables.set(variable, variables.get(variable) ?? name);
        return call(own("secret", secret), call(own("env", env), valueOf(variable)));
      },
      leaveOut(place) {
        const name = address({ kind: kind.name, id: object.id });
        notes.push(
          `${place} of ${name} contains a credential, so the code lacks it. Set it before you apply, for example to process.env.NAME.`,
        );
      },
    }),
  };
}

function own(name: string, value: unknown): Imported {
  return { type: "imported", from: PACKAGE, name, value };
}

function valueIn(expression: Expression, existing: Existing): unknown {
  if (expression.type !== "call" || expression.of.type !== "property") return undefined;
  const args = expression.args.map((one) => (one.type === "value" && one.value !== null ? one.value : undefined));
  const create = existing[expression.of.name] as ((...args: unknown[]) => unknown) | undefined;
  return create?.(...args);
}
