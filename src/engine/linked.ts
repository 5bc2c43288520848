import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { hash } from "../util/json.ts";
import { prepared, withBodies } from "./bodies.ts";
import type { Live } from "./comparison.ts";
import type { KindContext } from "./kind-context.ts";
import type { Both } from "./links.ts";
import { address, type Desired } from "./model.ts";
import type { Kinds } from "./resource.ts";

/**
 * Gives selected resources the values that they take from other objects, such as the id of a panel that a rule names by its
 * title. `code`: all resources, because others can be the objects that have these values.
 *
 * Throws `InvalidCodeError` if another object lacks what a resource takes.
 */
export async function linked(
  context: KindContext,
  code: readonly Desired[],
  live: Live,
  { kinds, selected }: { readonly kinds: Kinds; readonly selected: (desired: Desired) => boolean },
): Promise<Desired[]> {
  const targets = await linkTargets(context, code, live, { kinds, selected });
  const faults: Fault[] = [];
  const result = code.map((desired) => {
    const kind = kinds.get(desired.kind);
    const links = kind?.links;
    if (!links || !selected(desired) || links.targets(desired).length === 0) return desired;
    const own = live.get(desired.kind)?.find(({ id }) => id === desired.id);
    const { resource, faults: found } = links.resolved(desired, own, targets);
    faults.push(...found);
    const result = { ...desired, resource };
    // These values count as code: otherwise a new one would look like a change made in Grafana.
    return { ...result, hash: hash(kind.desired(result)) };
  });
  if (faults.length > 0) throw new InvalidCodeError(faults);
  return result;
}

/** The objects from which selected resources take values, by address. */
export async function linkTargets(
  context: KindContext,
  code: readonly Desired[],
  live: Live,
  { kinds, selected }: { readonly kinds: Kinds; readonly selected: (desired: Desired) => boolean },
): Promise<ReadonlyMap<string, Both>> {
  const all = code.filter(selected).flatMap((desired) => kinds.get(desired.kind)?.links?.targets(desired) ?? []);
  return all.length === 0 ? new Map() : readTargets(context, code, live, kinds, new Set(all.map(address)));
}

/** The code and the live objects of these addresses. Objects of kinds that can't be read are omitted. */
async function readTargets(
  context: KindContext,
  code: readonly Desired[],
  live: Live,
  kinds: Kinds,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Both>> {
  const declared = new Map(code.map((desired) => [address(desired), desired]));
  const lists = new Map([...live].filter(([kind]) => [...wanted].some((name) => name.startsWith(`${kind}/`))));
  const read = await withBodies(context, kinds, lists, ({ id }, kind) => wanted.has(address({ kind, id })));
  const found = [...wanted].map(async (name): Promise<[string, Both][]> => {
    const desired = declared.get(name);
    const [kindName = ""] = name.split("/");
    const [kind, objects] = [kinds.get(kindName), read.get(kindName)];
    if (!kind || !objects) return [];
    const object = objects.find(({ id }) => address({ kind: kindName, id }) === name);
    const whole = desired ? await prepared(context, kind, { desired, live: object }) : object;
    return [[name, { ...(desired ? { desired } : {}), ...(whole ? { live: whole } : {}) }]];
  });
  return new Map((await Promise.all(found)).flat());
}
