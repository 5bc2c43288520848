import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { renderStack, scrapeJobs } from "../../src/stack/index.ts";
import { OTLP_JOB } from "../../src/stack/logs.ts";
import stack from "../../stack.config.ts";
import { dashboards, panelsOf, rowsOf, targetsOf, variablesOf } from "./own.ts";

const ROOT = join(import.meta.dirname, "../..");
const files = renderStack(stack, { directory: ROOT, out: join(ROOT, ".grafana-provision/stack") });
const compose = files.get("compose.yaml") ?? "";
const rendered = [...files.values()].join("\n");

/** Jobs of log lines: those of the log collector, and the one of lines over OTLP. */
const logJobs = [...(files.get("alloy/config.alloy") ?? "").matchAll(/"job" = "([\w-]+)"/g)].map(
  ([, job]) => job ?? "",
);
const jobs = [...scrapeJobs(stack).map(({ job_name }) => job_name), ...logJobs, OTLP_JOB];
/** The stack scrapes certificates only if it has targets for them. */
const OPTIONAL = ["blackbox-exporter", "promtail"];

const runbooks = globSync("alerts/runbooks/*.md", { cwd: ROOT }).map((file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [file.replace(/^.*\//, ""), text] as const;
});

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found ?? "");

test("the stack has jobs for metrics and for log lines", () => {
  expect(logJobs).toEqual(["docker", "application"]);
  expect(jobs.length).toBeGreaterThan(10);
});

describe.each(runbooks)("%s", (_file, text) => {
  test("names only jobs that the stack scrapes or collects", () => {
    const named = all(text, /\bjob=~?"([\w|-]+)"/g).flatMap((names) => names.split("|"));
    expect(named.filter((job) => !jobs.includes(job) && !OPTIONAL.includes(job))).toEqual([]);
  });

  test("names only containers, networks and addresses of the stack", () => {
    const names = all(text, /\b([a-z-]+-toolboxai|toolboxai-[a-z]+)\b(?!\.)/g).filter(
      (name) => name !== "toolboxai-backend",
    );
    expect(names.filter((name) => !compose.includes(name))).toEqual([]);
    const targets = all(text, /\b([a-z-]+-toolboxai:\d+)/g);
    expect(targets.filter((target) => !rendered.includes(target))).toEqual([]);
  });

  test("names only ports that the stack publishes, or the backend's", () => {
    const published = [...all(compose, /127\.0\.0\.1:(\d+):\d+/g), "8009"];
    const named = [...all(text, /\blocalhost:(\d+)/g), ...all(text, /\bpublish=(\d+)/g)];
    expect(named.filter((port) => !published.includes(port))).toEqual([]);
  });

  test("names only settings that the rendered files have", () => {
    const settings = [...all(text, /`([a-z_]+: [\w-]+)`/g), ...all(text, /`(--[a-z.-]+=\w+)`/g)];
    expect(settings.filter((setting) => !rendered.includes(setting))).toEqual([]);
  });

  test("names only dashboards, rows and panels that exist", () => {
    const titles = dashboards.flatMap((board) => [
      board.spec.title,
      ...[...rowsOf(board), ...panelsOf(board)].map(({ title }) => title),
    ]);
    const parts = text
      .split(/\n\n|\n(?=\d\. )/)
      .filter((part) => !part.startsWith("```") && part.includes("dashboard"));
    const named = parts.flatMap((part) => all(part.replaceAll("\n", " "), /"([A-Z][^"]+)"/g));
    expect(named.filter((title) => !titles.includes(title))).toEqual([]);
  });
});

test("the runbook about targets lists all of them", () => {
  const page = runbooks.find(([file]) => file === "service-down.md")?.[1] ?? "";
  const listed = [...page.matchAll(/^\| `([\w-]+)` +\| `([^`]+)`/gm)].map(([, job, target]) => `${job} ${target}`);
  const scraped = scrapeJobs(stack).flatMap(({ job_name, static_configs }) =>
    static_configs.flatMap(({ targets }) => targets.map((target) => `${job_name} ${target}`)),
  );
  expect(listed.toSorted()).toEqual(scraped.toSorted());
});

test("texts of panels and variables name only files and ports that the stack has", () => {
  const texts = dashboards.flatMap((board) => [
    board.spec.description ?? "",
    ...panelsOf(board).map(({ description }) => description ?? ""),
    ...variablesOf(board).map(({ description }) => description ?? ""),
  ]);
  const paths = texts.flatMap((text) => all(text, /(?<![\w.])(\/(?:app|var|etc)\/[\w/.-]*\w)/g));
  expect(paths.length).toBeGreaterThan(1);
  expect(paths.filter((path) => !rendered.includes(path))).toEqual([]);
  const named = dashboards
    .flatMap(panelsOf)
    .flatMap((panel) => targetsOf(panel).flatMap(({ expr = "" }) => all(expr, /\bjob="([\w-]+)"/g)));
  expect(named.filter((job) => !jobs.includes(job) && !OPTIONAL.includes(job))).toEqual([]);
});

test("the panel about targets names jobs that the stack scrapes", () => {
  const panel = dashboards.flatMap(panelsOf).find(({ title }) => title === "Targets");
  const named = all(panel?.description ?? "", /\b([a-z]+(?:-[a-z]+)*)(?=[,.])/g);
  expect(named.filter((name) => !jobs.includes(name) && !OPTIONAL.includes(name) && name !== "target")).toEqual([]);
});
