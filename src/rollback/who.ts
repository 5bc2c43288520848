import { hostname, userInfo } from "node:os";
import type { RunRecord } from "./record.ts";

/** Where CI systems say what runs: an address first, since a number alone leads nowhere. */
const JOBS = ["CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "DRONE_BUILD_LINK"];
const NUMBERS = ["GITHUB_RUN_ID", "CI_JOB_ID", "BUILD_BUILDID", "BITBUCKET_BUILD_NUMBER", "BUILD_ID"];

/** Who runs the command, as this machine and the CI system tell. No request is sent for it. */
export function whoRuns(
  variables: Readonly<Record<string, string | undefined>>,
  login: string | undefined,
): RunRecord["who"] {
  const job = jobOf(variables);
  return { user: userName(variables), host: hostname(), ...(login ? { login } : {}), ...(job ? { job } : {}) };
}

function userName(variables: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have a number and no name.
    return variables["USER"] || String(process.getuid?.() ?? "unknown");
  }
}

function jobOf(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = variables;
  if (server && repository && run) return `${server}/${repository}/actions/runs/${run}`;
  const name = [...JOBS, ...NUMBERS].find((one) => variables[one]);
  return name && withoutCredentials(variables[name] ?? "");
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//");
}
