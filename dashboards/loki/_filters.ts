import { LEVELS, matching, withLevel } from "../_shared/logql.ts";
import { choices, logLabel, METHODS, textBox, traceId } from "../_shared/variables.ts";

// The drop-down lists at the top of the dashboard, and the parts of queries that use them.

/** Lines with the entered text and trace id. If they are empty, all lines match. */
const searched = `|= \`$trace\` ${matching("(?i)$search")}`;

/** All lines of the selected sources and containers. Lines of files have no container. */
export const everything = `{job=~"$source", container_id=~"$container|"} ${searched}`;

/** Lines of the application: its own files, and what it sends to the collector. */
export const application = `{job=~"application|otlp"} ${searched}`;

/** Standard output and standard error of containers. */
export const containers = `{job="docker", container_id=~"$container"} ${searched}`;

/** Adds the level to lines, and keeps lines with the selected levels. */
export const ofLevel = `${withLevel} | level=~"$level"`;

export const variables = [
  logLabel("source", "Source", "job").description(
    "application: files in /app/logs. docker: output of containers. otlp: lines that applications send to the collector.",
  ),
  logLabel("container", "Container", "container_id", '{job="docker"}').description(
    "Docker's id of the container. `docker ps` shows the name.",
  ),
  choices("level", "Level", LEVELS),
  choices("method", "Method", METHODS).description("Applies only to the row API requests."),
  textBox("search", "Search", "A regular expression, not case-sensitive."),
  traceId(),
];
