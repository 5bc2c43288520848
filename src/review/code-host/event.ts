import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../util/errors.ts";
import type { Variables } from "./github.ts";

const Event = z.looseObject({
  pull_request: z.looseObject({ number: z.number().int().positive() }).nullish(),
  workflow_run: z
    .looseObject({
      event: z.string(),
      head_sha: z.string(),
      html_url: z.string().nullish(),
      head_repository: z.looseObject({ full_name: z.string() }).nullish(),
    })
    .nullish(),
  repository: z.looseObject({ full_name: z.string() }).nullish(),
});

/** The event that started a GitHub Actions workflow. */
export interface GitHubEvent {
  /** Set for a `pull_request` event. */
  readonly pullRequest?: number;
  /** Set for a `workflow_run` event: the run that created the artifact. */
  readonly run?: {
    readonly event: string;
    readonly headSha: string;
    readonly url?: string;
    /** Whether it ran code of another repository. */
    readonly ofFork: boolean;
  };
}

/** Reads the file in `GITHUB_EVENT_PATH`; empty if it is not set. */
export function gitHubEvent(variables: Variables): GitHubEvent {
  const file = variables["GITHUB_EVENT_PATH"];
  if (!file) return {};
  const parsed = Event.safeParse(jsonIn(file));
  if (!parsed.success)
    throw new UsageError(
      `GITHUB_EVENT_PATH: ${file} does not contain a GitHub Actions event`,
      "Run the command in GitHub Actions, or unset GITHUB_EVENT_PATH and pass --pull-request.",
      "event-invalid",
    );
  const { pull_request: pull, workflow_run: run, repository } = parsed.data;
  return {
    ...(pull ? { pullRequest: pull.number } : {}),
    ...(run
      ? {
          run: {
            event: run.event,
            headSha: run.head_sha,
            ...(run.html_url ? { url: run.html_url } : {}),
            ofFork: run.head_repository?.full_name !== repository?.full_name,
          },
        }
      : {}),
  };
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}
