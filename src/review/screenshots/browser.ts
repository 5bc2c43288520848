import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Browser, BrowserType } from "playwright-core";
import { NoPictures } from "./no-pictures.ts";

type Variables = Readonly<Record<string, string | undefined>>;

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];
const ELSEWHERE = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The path of the browser: `CHROMIUM`, or a Chromium or Chrome on the PATH. Throws `NoPictures` if there is none. */
export function browserOf(variables: Variables): string {
  const named = variables["CHROMIUM"];
  if (named) {
    if (isExecutable(named)) return named;
    throw new NoPictures(`CHROMIUM: ${named} is not an executable file`);
  }
  const directories = (variables["PATH"] ?? "").split(delimiter).filter(Boolean);
  const candidates = [...NAMES.flatMap((name) => directories.map((directory) => join(directory, name))), ...ELSEWHERE];
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new NoPictures("no Chromium was found (install one, or set CHROMIUM to its path)");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const NO_HOSTS = "--host-resolver-rules=MAP * ~NOTFOUND";

/** Starts the browser in headless mode. Throws `NoPictures` if it fails. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  const chromium = await playwright();
  const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  const launch = (chromiumSandbox: boolean) =>
    chromium.launch({
      executablePath,
      chromiumSandbox,
      // The browser sends no requests itself: its pages' requests are intercepted.
      args: [...args, "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", NO_HOSTS],
      // The caller closes the browser, after it has removed the copies in Grafana.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  // Chromium's own sandbox is unavailable to root and in most containers.
  const attempts = process.getuid?.() === 0 ? [false] : [true, false];
  let last: unknown;
  for (const sandboxed of attempts) {
    try {
      return await launch(sandboxed);
    } catch (error) {
      last = error;
    }
  }
  throw new NoPictures(`${executablePath} does not start (${firstLine(last)})`);
}

/** An optional dependency, required only for screenshots. */
async function playwright(): Promise<BrowserType> {
  try {
    return (await import("playwright-core")).chromium;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new NoPictures("playwright-core is not installed (npm install --save-dev playwright-core)");
  }
}

/** The first line of a browser error, without the call log. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n").find((line) => line.trim() !== "") ?? "").trim();
}
