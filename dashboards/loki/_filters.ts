import { LEVELS, matching, withLevel } from "../_shared/logql.ts";
import { choices, logLabel, METHODS, textBox, traceId } from "../_shared/variables.ts";

// The drop-downs at the top of the dashboard, and what they do to queries.

/** Lines with the text and the trace that were asked for: both may be empty, and every line has that. */
const searched = `|= \`$trace\` ${matching("(?i)$search")}`;

/** All lines of the chosen sources and containers: files have no container. */
export const everything = `{job=~"$source", container_id=~"$container|"} ${searched}`;

/** The application's own files. */
export const application = `{job="application"} ${searched}`;

/** What containers write to their standard output and error. */
export const containers = `{job="docker", container_id=~"$container"} ${searched}`;

/** Gives lines their level, and keeps those of the chosen ones. */
export const ofLevel = `${withLevel} | level=~"$level"`;

export const variables = [
  logLabel("source", "Source", "job").description("application: files in /app/logs. docker: what containers print."),
  logLabel("container", "Container", "container_id", '{job="docker"}').description(
    "By Docker's id, which is what the log collector knows of a container: `docker ps` says which it is.",
  ),
  choices("level", "Level", LEVELS),
  choices("method", "Method", METHODS).description("Of the row with API requests alone."),
  textBox("search", "Search", "A regular expression that lines have to match; capitals don't matter."),
  traceId(),
];
