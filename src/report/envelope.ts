import { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };

/** Raised when a property changes its meaning or goes; new ones may come without. */
const SCHEMA_VERSION = 1;

/** What everything begins with that is written with `-o json`. */
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
  exitCode: z.int().meta({ description: "What the command ends with when this is all that went wrong." }),
  status: z.int().optional().meta({ description: "The HTTP status of Grafana's answer." }),
  request: z.string().optional().meta({ description: "`PUT /api/datasources/uid/prometheus`" }),
  moved: z
    .array(z.strictObject({ address: z.string(), why: z.string() }))
    .optional()
    .meta({ description: "Of a saved plan that no longer holds: the objects, each with a sentence." }),
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
    .meta({ description: "Everything that is wrong in the code or the configuration." }),
});
