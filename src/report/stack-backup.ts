import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

interface BackupInput {
  readonly encrypted: boolean;
  readonly files: readonly {
    readonly file: string;
    readonly content: "volume" | "secret" | "grafana";
    readonly method?: "stopped" | "snapshot";
    readonly bytes: number;
  }[];
  readonly omitted: readonly string[];
}

/** The files of a backup that was written. */
export function stackBackupText({ encrypted, files, omitted }: BackupInput, directory: string, output: Output): string {
  const paint = painter(output);
  const volumes = files.filter(({ content }) => content === "volume");
  const rows = volumes.map(({ file, bytes, method }) => [
    clean(file),
    size(bytes),
    method === "snapshot" ? "from a snapshot" : "copied while stopped",
  ]);
  const others = (["grafana", "secret"] as const).flatMap((content) => {
    const found = files.filter((file) => file.content === content);
    const noun = { grafana: "file with content of Grafana", secret: "secret" }[content];
    const many = { grafana: "files with content of Grafana", secret: "secrets" }[content];
    if (found.length === 0) return [];
    return [`${found.length} ${found.length === 1 ? noun : many}, ${size(sum(found))}`];
  });
  return [
    ...(rows.length > 0 ? [tableText(rows)] : []),
    `${paint("green", `Wrote ${countOf(volumes.length, encrypted ? "encrypted volume" : "volume")}`)} to ${clean(directory)}${others.length > 0 ? `; ${others.join("; ")}` : ""}.\n`,
    ...omitted.map((one) => `Not in the backup: ${clean(one)}.\n`),
  ].join("");
}

interface PlanInput {
  readonly manifest: { readonly stack: string; readonly endedAt: string };
  readonly otherImages: readonly { readonly title: string; readonly was: string; readonly is: string }[];
  readonly unknown: readonly string[];
  readonly kept: readonly string[];
}

/** What differs between a backup and the definition. */
export function restorePlanText({ manifest, otherImages, unknown, kept }: PlanInput, output: Output): string {
  const paint = painter(output);
  return [
    `All files of the backup of ${clean(manifest.stack)} from ${clean(manifest.endedAt)} are unchanged.\n`,
    ...otherImages.map(({ title, was, is }) =>
      paint("yellow", `${clean(title)}: the backup is from ${clean(was)}, but the definition has ${clean(is)}.\n`),
    ),
    ...(unknown.length > 0 ? [`Not restored, because the definition lacks them: ${clean(unknown.join(", "))}.\n`] : []),
    ...(kept.length > 0 ? [`Not changed, because the backup lacks them: ${clean(kept.join(", "))}.\n`] : []),
  ].join("");
}

/** The result of a restore. `content`: the command that restores the content of Grafana. */
export function restoredText(
  { volumes }: { readonly volumes: readonly { readonly volume: string }[] },
  content: string | undefined,
  output: Output,
): string {
  const paint = painter(output);
  const names = volumes.map(({ volume }) => clean(volume)).join(", ");
  const next =
    content === undefined
      ? ""
      : `To compare Grafana's content with the backup: ${paint("bold", clean(`${content} --dry-run`))}\n`;
  return `${paint("green", `Restored ${countOf(volumes.length, "volume")}`)} (${names}). The stack is healthy.\n${next}`;
}

function sum(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
