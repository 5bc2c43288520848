import { address } from "../engine/model.ts";
import { partialNote } from "../engine/permissions.ts";
import type { Manifest } from "../backup/manifest.ts";
import { countOf, kindWords, listed, pluralOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { sectionLines } from "./section-lines.ts";

export function backupText(manifest: Manifest, directory: string, output: Output): string {
  const paint = painter(output);
  const { objects, unreadable, partial, omitted } = manifest;
  const counts = [...Map.groupBy(objects, ({ kind }) => kind)].map(([kind, all]) =>
    countOf(all.length, kindWords(kind)),
  );
  const lines = [
    objects.length === 0
      ? `${paint("bold", "The backup is empty.")} ${directory} has only a manifest.`
      : `${paint("green", "Wrote")} ${countOf(objects.length, "object")} to ${directory}: ${listed(counts)}.`,
  ];
  const section = (title: string, entries: readonly string[]) =>
    void lines.push(...sectionLines(title, entries, output));
  section(
    "Not permitted to read:",
    unreadable.map(({ kind, id, missing }) => {
      const what = id === undefined ? pluralOf(kindWords(kind)) : address({ kind, id });
      return `${what}: missing permission ${missing}`;
    }),
  );
  section(
    "Provisioned from files, plugins or Git, so that restore leaves them out:",
    objects.flatMap((one) => (one.provisioned === undefined ? [] : [address(one)])),
  );
  section(
    "Values that the files lack, with the variables that restore reads:",
    objects.flatMap((one) => (one.secrets ?? []).map(({ variable }) => `${address(one)}: ${variable}`)),
  );
  if (partial.length > 0) lines.push("", partialNote(partial));
  lines.push("", "Not part of a backup:", ...omitted.map((one) => `  ${one}`));
  return `${lines.join("\n")}\n`;
}
