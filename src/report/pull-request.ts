import { isDrift, type DriftReport } from "../engine/drift.ts";
import { address } from "../engine/model.ts";
import { clean } from "../util/clean.ts";
import { commandHere } from "../util/command-line.ts";
import { countOf } from "../util/plural.ts";
import { fenced, savesText } from "./drift.ts";
import { leftLines, writtenLines, type WriteBackReport } from "./write-back.ts";

interface About {
  /** The description of the Grafana. */
  readonly target: string;
  /** `pull request` */
  readonly what: string;
}

/** The most characters of a value that is to be written by hand. */
const LONG = 2000;

/** The text of a pull request with edits made in Grafana. Text from Grafana is only in code blocks. */
export function pullRequestMarkdown(report: DriftReport, edits: WriteBackReport, { target, what }: About): string {
  const written = new Set(edits.written.map((edit) => edit.address));
  const objects = report.drift
    .filter((one) => isDrift(one) && written.has(address(one)))
    .map((one) => `${clean(address(one))} "${clean(one.title)}"${savesText(one.saves) || ": unknown author"}`);
  const plain = (_style: unknown, text: string) => text;
  return [
    `These objects were edited in Grafana (${clean(target).replaceAll(/[`<>@]/g, "")}). This ${what} writes the edits to the code.`,
    fenced(objects.join("\n")),
    `${countOf(edits.written.length, "edit")} in ${countOf(edits.files.size, "file")}, with the values in the code and in Grafana:`,
    fenced(writtenLines(edits.written, plain).join("\n").trimEnd()),
    ...(edits.left.length > 0 ? [fenced(leftLines(edits.left, plain, LONG).join("\n"))] : []),
    ...(edits.remaining.length > 0
      ? [
          `After the merge, the plan still has a change for these objects:`,
          fenced(edits.remaining.map(clean).join("\n")),
        ]
      : []),
    `To keep the edits, merge this ${what}: the next \`${commandHere("apply")}\` renews the marks. To discard them, close it and run \`${commandHere("apply", "--overwrite-drift")}\`. The next drift check updates this ${what}, and closes it when there is no drift.`,
  ].join("\n\n");
}

/** The message of the commit. Contains no text from Grafana, so that nothing in it has a meaning for the code host. */
export function commitMessage({ written, files }: Pick<WriteBackReport, "written" | "files">, trailer: string): string {
  const what = `${countOf(written.length, "edit")} in ${countOf(files.size, "file")}.`;
  return `Write edits made in Grafana to the code\n\n${what}\n\n${trailer}\n`;
}
