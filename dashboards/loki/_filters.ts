import { LEVELS, matching, withLevel } from "../_shared/logql.ts";
import { choices, METHODS, textBox, traceId } from "../_shared/variables.ts";

// The drop-down lists at the top of the dashboard, and the parts of queries that use them.

/** Lines with the entered text and trace id. If they are empty, all lines match. */
const searched = `|= \`$trace\` ${matching("(?i)$search")}`;

// No list of values comes from Loki: while Loki can't be reached, Grafana 12.4 would wait for the list, and its panels would be blank
// instead of failed.

/** All lines of the selected sources and containers. Lines of files have no container. */
export const everything = `{job=~"$source", container_id=~"($container.*)?"} ${searched}`;

/** Lines of the application: its own files, and what it sends to the collector. */
export const application = `{job=~"application|otlp"} ${searched}`;

/** Standard output and standard error of containers. */
export const containers = `{job="docker", container_id=~"$container.*"} ${searched}`;

/** Adds the level to lines, and keeps lines with the selected levels. */
export const ofLevel = `${withLevel} | level=~"$level"`;

export const variables = [
  choices("source", "Source", ["application", "docker", "otlp"])
    // Loki rejects selectors that match an empty label.
    .allValue(".+")
    .description(
      "application: files in /app/logs. docker: output of containers. otlp: lines that applications send to the collector.",
    ),
  textBox(
    "container",
    "Container",
    "The start of the id that Docker gave the container. `docker ps` shows it with the name.",
  ),
  choices("level", "Level", LEVELS),
  choices("method", "Method", METHODS).description("Applies only to the row API requests."),
  textBox("search", "Search", "A regular expression, not case-sensitive."),
  traceId(),
];
