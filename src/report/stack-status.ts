import { z } from "zod";
import { clean, painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

/** What `stack:status -o json` writes. */
export const StackStatusSchema = z.object({
  version: z.literal(1),
  command: z.literal("stack:status"),
  healthy: z.boolean(),
  services: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      /** What was asked; null where no port is published. */
      asked: z.string().nullable(),
      state: z.enum(["up", "down", "unknown"]),
      detail: z.string().nullable(),
    }),
  ),
  targets: z.array(
    z.object({
      job: z.string(),
      /** As Prometheus asks it. */
      url: z.string().nullable(),
      state: z.enum(["up", "down", "unknown", "missing"]),
      error: z.string().nullable(),
      hint: z.string().nullable(),
    }),
  ),
  /** Why there are no targets; null where Prometheus told them. */
  problem: z.string().nullable(),
});

export type StackStatusReport = z.infer<typeof StackStatusSchema>;

/** How a stack is, as it was found. */
export interface StatusInput {
  readonly healthy: boolean;
  readonly services: readonly {
    readonly name: string;
    readonly title: string;
    readonly asked: string | undefined;
    readonly state: "up" | "down" | "unknown";
    readonly detail?: string;
  }[];
  readonly targets:
    | { readonly problem: string }
    | {
        readonly targets: readonly {
          readonly job: string;
          readonly url: string | undefined;
          readonly state: "up" | "down" | "unknown" | "missing";
          readonly error?: string;
          readonly hint?: string;
        }[];
      };
}

export function statusJson({ healthy, services, targets }: StatusInput): string {
  const report: StackStatusReport = {
    version: 1,
    command: "stack:status",
    healthy,
    services: services.map(({ name, title, asked, state, detail }) => ({
      name,
      title,
      asked: asked ?? null,
      state,
      detail: detail ?? null,
    })),
    targets:
      "problem" in targets
        ? []
        : targets.targets.map(({ job, url, state, error, hint }) => ({
            job,
            url: url ?? null,
            state,
            error: error ?? null,
            hint: hint ?? null,
          })),
    problem: "problem" in targets ? targets.problem : null,
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

const STYLES = { up: "green", down: "red", unknown: "yellow", missing: "red" } as const;

export function statusText({ healthy, services, targets }: StatusInput, output: Output): string {
  const paint = painter(output);
  const head = (...titles: string[]) => titles.map((title) => paint("bold", title));
  const rows = services.map(({ title, asked, state, detail }) => [
    clean(title),
    paint(STYLES[state], state),
    asked ?? "",
    clean(detail ?? ""),
  ]);
  const parts = [tableText([head("SERVICE", "STATE", "ASKED", ""), ...rows])];
  if ("problem" in targets) parts.push(`No targets: ${clean(targets.problem)}.\n`);
  else {
    const seen = targets.targets.map(({ job, state, url, error }) => [
      clean(job),
      paint(STYLES[state], state),
      clean(url ?? ""),
      clean(error ?? ""),
    ]);
    parts.push(tableText([head("PROMETHEUS JOB", "STATE", "TARGET", "LAST ERROR"), ...seen]));
    parts.push(
      ...targets.targets.flatMap(({ job, hint }) => (hint ? [`${paint("bold", clean(job))}: ${clean(hint)}\n`] : [])),
    );
  }
  parts.push(summary({ healthy, services, targets }, output));
  return parts.join("\n");
}

function summary({ healthy, services, targets }: StatusInput, output: Output): string {
  const paint = painter(output);
  if (healthy) return `${paint("green", "All is up.")}\n`;
  const down = services.filter(({ state }) => state === "down").map(({ title }) => title);
  const jobs = "problem" in targets ? [] : targets.targets.filter(({ state }) => state !== "up").map(({ job }) => job);
  const parts = [
    ...(down.length > 0 ? [`down: ${down.join(", ")}`] : []),
    ...(jobs.length > 0 ? [`not up in Prometheus: ${[...new Set(jobs)].join(", ")}`] : []),
    ...("problem" in targets ? ["no targets"] : []),
  ];
  return `${paint("red", "Not all is up:")} ${clean(parts.join("; "))}\n`;
}
