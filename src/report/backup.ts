import { address } from "../engine/model.ts";
import type { Manifest } from "../backup/manifest.ts";
import { clean } from "../util/clean.ts";
import { countOf, listed, pluralOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";

/** More lines of a kind are only counted. */
const SHOWN = 10;

export function backupText(manifest: Manifest, directory: string, output: Output): string {
  const paint = painter(output);
  const { objects, unreadable, partial, omitted } = manifest;
  const counts = [...Map.groupBy(objects, ({ kind }) => kind)].map(([kind, all]) => countOf(all.length, words(kind)));
  const lines = [
    objects.length === 0
      ? `${paint("bold", "The backup is empty.")} ${directory} has only a manifest.`
      : `${paint("green", "Wrote")} ${countOf(objects.length, "object")} to ${directory}: ${listed(counts)}.`,
  ];
  const section = (title: string, entries: readonly string[]) => {
    if (entries.length === 0) return;
    const shown = output.verbose ? entries : entries.slice(0, SHOWN);
    lines.push("", paint("bold", title), ...shown.map((line) => `  ${clean(line)}`));
    if (entries.length > shown.length)
      lines.push(`  … and ${entries.length - shown.length} more (--verbose shows all)`);
  };
  section(
    "Not permitted to read:",
    unreadable.map(({ kind, id, missing }) => {
      const what = id === undefined ? pluralOf(words(kind)) : address({ kind, id });
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
  if (partial.length > 0)
    lines.push(
      "",
      `Grafana lists only the ${listed(partial.map((kind) => pluralOf(words(kind))))} that these credentials are allowed to read.`,
    );
  lines.push("", "Not part of a backup:", ...omitted.map((one) => `  ${one}`));
  return `${lines.join("\n")}\n`;
}

function words(kind: string): string {
  return kind.replaceAll("-", " ");
}
