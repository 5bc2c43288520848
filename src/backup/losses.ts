import { address } from "../engine/model.ts";
import { kindWords, listed, pluralOf } from "../util/plural.ts";
import type { Manifest } from "./manifest.ts";

/** Whether the options select an object. */
export type Selected = (object: { readonly kind: string; readonly id: string }) => boolean;

/** What a new backup lacks that a former one has: clauses such as `dashboards are not selected`. Pure. */
export function lossesOf(former: Manifest, now: Manifest, selected: Selected): string[] {
  const wasUnreadable = (kind: string, id?: string) =>
    former.unreadable.some((one) => one.kind === kind && (one.id === undefined || one.id === id));
  const unreadable = now.unreadable.filter(({ kind, id }) => !wasUnreadable(kind, id));
  const partial = now.partial.filter((kind) => !former.partial.includes(kind) && !wasUnreadable(kind));
  const unselected = new Set(former.objects.filter((one) => !selected(one)).map(({ kind }) => kind));
  const isSame = now.grafana.url === former.grafana.url && now.grafana.organization === former.grafana.organization;
  return [
    ...(isSame
      ? []
      : [`it is of the Grafana at ${former.grafana.url} (organization "${former.grafana.organization}")`]),
    ...(now.objects.length === 0 && former.objects.length > 0 ? ["no object was found now"] : []),
    ...[...unselected].map((kind) => `not all of its ${words(kind)} are selected now`),
    ...(hasTypes(now.types, former.types) ? [] : ["it has the objects of more types (--api)"]),
    ...(unreadable.length === 0
      ? []
      : [
          `the credentials can't read ${listed(unreadable.map(({ kind, id }) => (id === undefined ? words(kind) : address({ kind, id }))))} now`,
        ]),
    ...(partial.length === 0
      ? []
      : [`Grafana no longer lists all ${listed(partial.map(words))} for these credentials`]),
  ];
}

/** Whether these types include the former ones. Undefined: none; empty: all. */
function hasTypes(now: Manifest["types"], former: Manifest["types"]): boolean {
  if (former === undefined || now?.length === 0) return true;
  return now !== undefined && former.length > 0 && former.every((type) => now.includes(type));
}

function words(kind: string): string {
  return pluralOf(kindWords(kind));
}
