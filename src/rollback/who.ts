import { hostname, userInfo } from "node:os";
import type { RunRecord } from "./record.ts";

/** Variables of CI systems that contain the URL of the job, or else its number. */
const JOBS = ["CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "DRONE_BUILD_LINK"];
const NUMBERS = ["GITHUB_RUN_ID", "CI_JOB_ID", "BUILD_BUILDID", "BITBUCKET_BUILD_NUMBER", "BUILD_ID"];

/** The user and host of this run, from the machine and the CI system. Sends no request. */
export function whoRuns(
  variables: Readonly<Record<string, string | undefined>>,
  login: string | undefined,
): RunRecord["who"] {
  const job = jobOf(variables);
  return { user: userName(variables), host: hostname(), ...(login ? { login } : {}), ...(job ? { job } : {}) };
}

/** `maria@laptop`, and the CI job if there is one. */
export function whoText(variables: Readonly<Record<string, string | undefined>>): string {
  const { user, host, job } = whoRuns(variables, undefined);
  return job ? `${user}@${host}, ${job}` : `${user}@${host}`;
}

/** Variables of CI systems that contain the commit of the checkout. */
const COMMITS = [
  "GITHUB_SHA",
  "CI_COMMIT_SHA",
  "BUILD_SOURCEVERSION",
  "BITBUCKET_COMMIT",
  "CIRCLE_SHA1",
  "BUILDKITE_COMMIT",
  "DRONE_COMMIT_SHA",
  "GIT_COMMIT",
];

/** The message of a version in Grafana: the commit and the CI job that wrote it. Undefined outside of CI. */
export function versionMessage(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  const name = COMMITS.find((one) => /^[0-9a-f]{7,64}$/i.test(variables[one] ?? ""));
  const commit = name && `commit ${variables[name]?.slice(0, 12)}`;
  const parts = [commit, jobOf(variables)].filter(Boolean);
  return parts.length === 0 ? undefined : `grafana-provision: ${parts.join(", ")}`;
}

function userName(variables: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    // A user in a container may have only a number.
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
