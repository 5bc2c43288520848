import { painter, type Output } from "./output.ts";
import { clean } from "../util/clean.ts";
import { tableText } from "./table.ts";

/** The result of `stack:up`. */
export interface StartedReport {
  readonly services: readonly {
    readonly title: string;
    readonly container: string;
    readonly done: "started" | "recreated" | "unchanged";
    /** The URL on this machine. */
    readonly url?: string;
  }[];
  /** The login for Grafana. */
  readonly login?: { readonly user: string; readonly passwordFile: string };
}

/** A service that did not become healthy. */
export interface FailingReport {
  readonly title: string;
  readonly container: string;
  readonly state: string;
  readonly detail: string | undefined;
  readonly lines: readonly string[];
  readonly cause: string | undefined;
}

const SIGNS = { started: ["green", "+"], recreated: ["yellow", "~"], unchanged: ["dim", "="] } as const;

export function startedText({ services, login }: StartedReport, output: Output): string {
  const paint = painter(output);
  const rows = services.map(({ title, container, done, url }) => {
    const [style, sign] = SIGNS[done];
    return [paint(style, `${sign} ${title}`), container, done, url ?? ""];
  });
  const count = (done: string) => services.filter((one) => one.done === done).length;
  const counts = `${count("started")} started, ${count("recreated")} recreated, ${count("unchanged")} unchanged`;
  const loginLine = login ? `Grafana: log in as ${login.user} with the password in ${login.passwordFile}\n` : "";
  return `${tableText(rows)}\nThe stack is healthy: ${counts}.\n${loginLine}${
    login ? `To apply the code to it: ${paint("bold", "npm run provision -- --env stack")}\n` : ""
  }`;
}

export function notHealthyText(failing: readonly FailingReport[], output: Output): string {
  const paint = painter(output);
  const parts = failing.map(({ title, container, state, detail, lines, cause }) => {
    const head = `${paint("red", `${title} is not healthy`)} (${clean(container)}: ${clean(state)})${detail ? `: ${clean(detail)}` : ""}`;
    const log =
      lines.length > 0
        ? ["  Last lines of its log:", ...lines.map((line) => `    ${paint("dim", clean(line))}`)]
        : ["  Its log is empty."];
    return [head, ...log, ...(cause === undefined ? [] : [`  Likely cause: ${cause}.`])].join("\n");
  });
  return `${parts.join("\n\n")}\n\n`;
}
