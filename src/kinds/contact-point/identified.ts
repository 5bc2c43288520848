import type { Desired } from "../../engine/model.ts";
import { placeKey, Secret, type SecretUse } from "../../secrets/secret.ts";
import { isObject, textOf } from "../../util/json.ts";
import { sharedWords } from "../../util/similar.ts";
import { integrationType } from "../alerting/integration-secrets.ts";
import type { ContactPoint } from "./builder.ts";
import { integrationsOf, unusedUid, type IntegrationWithUid } from "./integrations.ts";
import type { LiveContactPoint, LiveIntegration } from "./live.ts";

/**
 * The contact point with the uids of the existing integrations that its integrations without a uid correspond to: the most
 * similar one of the same type. So an integration keeps its uid if others are added, removed or reordered.
 */
export function identified(
  desired: Desired<ContactPoint>,
  live: LiveContactPoint,
  all: readonly Desired<ContactPoint>[],
): ContactPoint {
  const { resource } = desired;
  const others = all.filter(({ id }) => id !== desired.id).flatMap((one) => integrationsOf(one).map(({ uid }) => uid));
  const reserved = new Set([...others, ...resource.integrations.flatMap(({ uid }) => uid ?? [])]);
  const free = live.integrations.filter(({ uid }) => !reserved.has(uid));
  const integrations = integrationsOf(desired);
  const open = integrations.filter((_, index) => resource.integrations[index]?.uid === undefined);
  const uids = correspondingUids(open, free, live.applied?.places ?? []);
  const used = new Set([...reserved, ...live.integrations.map(({ uid }) => uid)]);
  return {
    ...resource,
    integrations: integrations.map((one, index) => {
      if (!open.includes(one)) return one;
      return { ...one, uid: uids.get(one) ?? unusedUid(desired, one.type, index, used) };
    }),
  };
}

/** Pairs the most similar integrations of each type first. */
function correspondingUids(
  open: readonly IntegrationWithUid[],
  free: readonly LiveIntegration[],
  places: readonly SecretUse[],
): ReadonlyMap<IntegrationWithUid, string> {
  const sent = new Map(places.map((place) => [placeKey(place), place.variable]));
  const pairs = open.flatMap((one) =>
    free
      .filter(({ type }) => integrationType(type) === integrationType(one.type))
      .map((other) => ({ one, other, score: similarity(one, other, sent), isDerived: one.uid === other.uid })),
  );
  const uids = new Map<IntegrationWithUid, string>();
  const taken = new Set<string>();
  for (const { one, other } of pairs.toSorted(
    (a, b) => b.score - a.score || Number(b.isDerived) - Number(a.isDerived),
  )) {
    if (uids.has(one) || taken.has(other.uid)) continue;
    uids.set(one, other.uid);
    taken.add(other.uid);
  }
  return uids;
}

/** A secret identifies an integration better than its other settings, which can all be the same. */
const SECRET_WEIGHT = 4;

/** From 0 to 1. `sent`: the variables of the secrets that were sent, by their places. */
function similarity(
  code: IntegrationWithUid,
  { uid, settings, disableResolveMessage }: LiveIntegration,
  sent: ReadonlyMap<string, string>,
): number {
  const [wanted, found] = [leavesOf(code.settings), leavesOf(settings ?? {})];
  const paths = new Set([...wanted.keys(), ...found.keys()]);
  let [sum, total] = [(code.disableResolveMessage ?? false) === disableResolveMessage ? 1 : 0, 1];
  for (const path of paths) {
    const variable = sent.get(JSON.stringify([uid, "settings", ...(JSON.parse(path) as string[])]));
    const [one, other] = [wanted.get(path), variable === undefined ? found.get(path) : new Secret(variable)];
    const weight = one instanceof Secret && other instanceof Secret ? SECRET_WEIGHT : 1;
    sum += weight * likeness(one, other);
    total += weight;
  }
  return sum / total;
}

function likeness(one: unknown, other: unknown): number {
  if (one instanceof Secret) {
    if (other instanceof Secret) return one.variable === other.variable ? 1 : 0;
    // Grafana does not return its value.
    return other === undefined ? 0 : 0.5;
  }
  if (one === other) return 1;
  if (typeof one !== "string" || typeof other !== "string") return 0;
  return sharedWords(wordsOf(one), wordsOf(other));
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/[\p{L}\p{N}]+/gu));
}

/** The values in settings by their paths. */
function leavesOf(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  if (value instanceof Secret || !(isObject(value) || Array.isArray(value)))
    return new Map(value === undefined || value === null ? [] : [[JSON.stringify(path), value]]);
  return new Map(Object.entries(value).flatMap(([key, item]) => [...leavesOf(item, [...path, textOf(key)])]));
}
