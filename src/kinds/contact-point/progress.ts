import type { Write } from "../../engine/kind-context.ts";
import { hash, isObject, textOf, type JsonObject } from "../../util/json.ts";
import type { ContactPoint } from "./builder.ts";
import { desiredForm, observedForm } from "./canonical.ts";
import { versionOf, type LiveContactPoint } from "./live.ts";
import { hideSecrets } from "./secrets.ts";

export interface Progress {
  readonly ours: boolean;
  readonly done: ReadonlySet<string>;
}

/** How much of an earlier attempt with unanswered requests succeeded. */
export function progressOf({ desired, live }: Write<ContactPoint, LiveContactPoint>, now: LiveContactPoint): Progress {
  const planned = new Map(live?.integrations.map((one) => [one.uid, versionOf([one])]));
  const wanted = new Map(integrationsIn(desiredForm(desired, now)));
  const made = new Map(integrationsIn(hideSecrets(observedForm(now), desired)));
  const changed = now.integrations.filter((one) => planned.get(one.uid) !== versionOf([one]));
  const there = new Set(now.integrations.map(({ uid }) => uid));
  return {
    // Each integration has its planned or its former form, and none that the code has is missing.
    ours:
      changed.every(({ uid }) => wanted.get(uid) === made.get(uid)) &&
      [...planned.keys()].every((uid) => there.has(uid) || !wanted.has(uid)),
    // An integration that looks unchanged may have new secrets.
    done: new Set(changed.map(({ uid }) => uid).filter((uid) => wanted.get(uid) === made.get(uid))),
  };
}

/** The integrations by uid, as text. */
export function integrationsIn(form: JsonObject): [string, string][] {
  const integrations = Array.isArray(form["integrations"]) ? form["integrations"].filter(isObject) : [];
  return integrations.map((one) => [textOf(one["uid"]), hash(one)]);
}
