import { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };

/** Increased when a property changes its meaning or is removed. Adding properties does not increase it. */
const SCHEMA_VERSION = 1;

/** The properties that all `-o json` output starts with. */
export function envelopeSchema<Command extends z.ZodType<string>>(command: Command) {
  return {
    schemaVersion: z.literal(SCHEMA_VERSION),
    tool: z.strictObject({ name: z.string(), version: z.string() }),
    command,
    exitCode: z.int(),
  };
}

export function envelopeOf(command: string, exitCode: number) {
  const { name, version } = packageJson;
  return { schemaVersion: SCHEMA_VERSION, tool: { name, version }, command, exitCode };
}

export const ErrorSchema = z.strictObject({
  name: z.string().meta({ description: "`Conflict`, `Forbidden`, `Unavailable`…" }),
  code: z
    .string()
    .optional()
    .meta({ description: "Stable code of the error: `stack-port-taken`. See docs/errors.md." }),
  message: z.string(),
  hint: z.string().optional(),
  exitCode: z.int().meta({ description: "The exit code of a command whose only error is this one." }),
  status: z.int().optional().meta({ description: "The HTTP status of Grafana's response." }),
  request: z.string().optional().meta({ description: "`PUT /api/datasources/uid/prometheus`" }),
  moved: z
    .array(z.strictObject({ address: z.string(), why: z.string() }))
    .optional()
    .meta({ description: "For a saved plan that is out of date: the objects that changed, each with the reason." }),
  faults: z
    .array(
      z.strictObject({
        level: z.enum(["error", "warning"]),
        code: z.string().optional().meta({ description: "Stable code of the fault. See docs/errors.md." }),
        file: z.string().optional(),
        export: z.string().optional(),
        path: z.string().optional(),
        message: z.string(),
        hint: z.string().optional(),
      }),
    )
    .optional()
    .meta({ description: "All faults in the code or the configuration." }),
});

/** One line of JSON. Characters that the output would not show as they are become escapes, which does not change the value. */
export function jsonLine(value: unknown): string {
  const escaped = JSON.stringify(value)
    .replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, unicodeEscape)
    .replace(/#(?=#\w*\[)/g, unicodeEscape);
  return `${escaped}\n`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
