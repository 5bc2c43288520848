import { painter, type Output } from "./output.ts";
import { clean } from "../util/clean.ts";
import { tableText } from "./table.ts";

/** How a stack is, as it was found. */
export interface StatusInput {
  readonly healthy: boolean;
  readonly services: readonly {
    readonly name: string;
    readonly title: string;
    readonly asked: string | undefined;
    readonly state: "up" | "down" | "unknown";
    readonly detail?: string;
    readonly hint?: string;
  }[];
  readonly targets:
    | { readonly problem: string }
    | {
        readonly targets: readonly {
          readonly job: string;
          readonly url: string | undefined;
          readonly state: "up" | "down" | "unknown" | "missing";
          readonly error?: string;
          readonly lastScrape?: string;
          readonly hint?: string;
        }[];
      };
}

const STYLES = { up: "green", down: "red", unknown: "yellow", missing: "red" } as const;

/** A table of the services, one of Prometheus' targets, what to do about what isn't up, and a sentence for all of it. */
export function statusText(input: StatusInput, output: Output): string {
  const paint = painter(output);
  const { services, targets } = input;
  const head = (...titles: string[]) => titles.map((title) => paint("bold", title));
  const row = (name: string, state: keyof typeof STYLES, asked = "", detail = "") => [
    clean(name),
    paint(STYLES[state], state),
    clean(asked),
    clean(detail),
  ];
  const asked = services.map(({ title, state, asked, detail }) => row(title, state, asked, detail));
  const seen =
    "problem" in targets
      ? `Prometheus' targets are not known: ${clean(targets.problem)}.\n`
      : tableText([
          head("PROMETHEUS JOB", "STATE", "TARGET", "LAST ERROR"),
          ...targets.targets.map(({ job, state, url, error }) => row(job, state, url, error)),
        ]);
  const parts = [tableText([head("SERVICE", "STATE", "ASKED", "DETAIL"), ...asked]), seen];
  return [...parts, hintsText(input, output), summary(input, output)].filter((part) => part !== "").join("\n");
}

/** One line for each thing to do, whoever it is about. */
function hintsText({ services, targets }: StatusInput, output: Output): string {
  const paint = painter(output);
  const all = [
    ...services.map(({ title, hint }) => ({ name: title, hint })),
    ...("problem" in targets ? [] : targets.targets.map(({ job, hint }) => ({ name: job, hint }))),
  ];
  const groups = Map.groupBy(all, ({ hint }) => hint);
  return [...groups]
    .flatMap(([hint, group]) => {
      if (hint === undefined) return [];
      const names = [...new Set(group.map(({ name }) => clean(name)))].join(", ");
      return [`${paint("bold", names)}: ${clean(hint)}\n`];
    })
    .join("");
}

function summary({ healthy, services, targets }: StatusInput, output: Output): string {
  const paint = painter(output);
  const named = (state: string) => services.filter((one) => one.state === state).map(({ title }) => title);
  const [down, unknown] = [named("down"), named("unknown")];
  const unasked = unknown.length > 0 ? [`not asked from here: ${unknown.join(", ")}`] : [];
  if (healthy)
    return `${paint("green", clean(unasked.length > 0 ? `Nothing is down; ${unasked.join("")}` : "All is up"))}.\n`;
  const jobs = "problem" in targets ? [] : targets.targets.filter(({ state }) => state !== "up").map(({ job }) => job);
  const parts = [
    ...(down.length > 0 ? [`down: ${down.join(", ")}`] : []),
    ...(jobs.length > 0 ? [`not up in Prometheus: ${[...new Set(jobs)].join(", ")}`] : []),
    ...unasked,
  ];
  // The application is none of the stack's containers.
  const isOurs = services.some(({ name, state }) => state === "down" && name !== "backend");
  return `${paint("red", "Not all is up")}: ${clean(parts.join("; "))}.\n${
    isOurs ? "Start what isn't running with: npm run stack:up\n" : ""
  }`;
}
