import { z } from "zod";
import type { TestResult } from "../engine/test-messages.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import { painter, type Output } from "./output.ts";

/** The schema of `contact-point test -o json`, which writes exactly one object to standard output. */
export const ContactPointTestSchema = z
  .strictObject({
    ...envelopeSchema(z.string()),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    target: z.string().optional().meta({ description: "The Grafana." }),
    name: z.string().optional().meta({ description: "The name of the contact point in Grafana." }),
    integrations: z
      .array(
        z.strictObject({
          uid: z.string(),
          type: z.string().meta({ description: "`slack`" }),
          status: z.enum(["sent", "failed"]),
          error: z.string().optional().meta({ description: "Without the paths of URLs, which can be secrets." }),
        }),
      )
      .optional(),
  })
  .meta({ title: "Results of a test message", description: "The output of `contact-point test -o json`." });

/** The parsed output of `contact-point test -o json`. */
export type ContactPointTestReport = z.infer<typeof ContactPointTestSchema>;

interface TestReport {
  /** The name of the command, which is that of the kind. */
  readonly command: string;
  readonly name: string;
  readonly results: readonly TestResult[];
  readonly description: string;
}

/** One line for each integration, and a summary. @internal */
export function contactPointText({ name, results, description }: TestReport, output: Output): string {
  const paint = painter(output);
  const lines = results.map(({ uid, type, status, error }) => {
    const sign = status === "sent" ? paint("green", "sent") : paint("red", "failed");
    return `  ${sign} ${clean(type)}${uid === "" ? "" : ` (${clean(uid)})`}${error === undefined ? "" : `: ${clean(error)}`}\n`;
  });
  const failed = results.filter(({ status }) => status === "failed").length;
  const shown = clean(`"${name}"`);
  const summary =
    results.length === 0
      ? `The contact point ${shown} has no integrations. Nothing was sent.`
      : failed === 0
        ? `Sent ${countOf(results.length, "test message")} with the contact point ${shown}.`
        : `${failed} of ${countOf(results.length, "test message")} could not be sent with the contact point ${shown}.`;
  return `${clean(description)}\n\n${lines.join("")}${lines.length > 0 ? "\n" : ""}${summary}\n`;
}

/** Formats the results as one line of JSON. @internal */
export function contactPointJson({ command, name, results, description }: TestReport, exitCode: number): string {
  return jsonLine({ ...envelopeOf(command, exitCode), target: description, name, integrations: results });
}
