import { painter, type Output } from "./output.ts";
import { clean } from "../util/clean.ts";
import { tableText } from "./table.ts";

/** The status of a stack. */
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

/** Tables of the services and of Prometheus' targets, the fixes, and a summary. */
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
      ? `The targets of Prometheus are unknown: ${clean(targets.problem)}.\n`
      : tableText([
          head("PROMETHEUS JOB", "STATE", "TARGET", "LAST ERROR"),
          ...targets.targets.map(({ job, state, url, error }) => row(job, state, url, error)),
        ]);
  const parts = [tableText([head("SERVICE", "STATE", "CHECKED URL", "DETAIL"), ...asked]), seen];
  return [...parts, hintsText(input, output), summary(input, output)].filter((part) => part !== "").join("\n");
}

/** One line per fix, with the services that it applies to. */
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
  const unasked = unknown.length > 0 ? [`Not reachable from this machine: ${unknown.join(", ")}.`] : [];
  if (healthy)
    return `${paint("green", unasked.length > 0 ? "No service is down." : "All services are up.")}${unasked.map((text) => ` ${clean(text)}`).join("")}\n`;
  const jobs = "problem" in targets ? [] : targets.targets.filter(({ state }) => state !== "up").map(({ job }) => job);
  const parts = [
    ...(down.length > 0 ? [`Services down: ${down.join(", ")}.`] : []),
    ...(jobs.length > 0 ? [`Targets not up in Prometheus: ${[...new Set(jobs)].join(", ")}.`] : []),
    ...unasked,
  ];
  // `stack:up` does not start the application.
  const isOurs = services.some(({ name, state }) => state === "down" && name !== "backend");
  return `${paint("red", "Not healthy.")} ${clean(parts.join(" "))}\n${
    isOurs ? "To start the stopped services: npm run stack:up\n" : ""
  }`;
}
