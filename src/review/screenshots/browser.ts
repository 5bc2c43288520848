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

/** This machine's own browser: what `CHROMIUM` names, else a Chromium or Chrome on the PATH. Throws `NoPictures`. */
export function browserOf(variables: Variables): string {
  const named = variables["CHROMIUM"];
  if (named) {
    if (isExecutable(named)) return named;
    throw new NoPictures(`CHROMIUM names ${named}, which can't be run`);
  }
  const folders = (variables["PATH"] ?? "").split(delimiter).filter(Boolean);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE];
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new NoPictures("there is no Chromium on this machine (install one, or name it with CHROMIUM)");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const NOBODY = "--host-resolver-rules=MAP * ~NOTFOUND";

/** Starts it without a window. Throws `NoPictures` where that can't be done. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  const chromium = await playwright();
  const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  const launch = (chromiumSandbox: boolean) =>
    chromium.launch({
      executablePath,
      chromiumSandbox,
      // Nobody is reached: what its pages ask for is answered from here.
      args: [...args, "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", NOBODY],
      // Whoever started it closes it, once what it looked at is gone.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  // Its own sandbox can't be had by root, nor in most containers.
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

/** Whoever wants pictures installs it: nobody else has to. */
async function playwright(): Promise<BrowserType> {
  try {
    return (await import("playwright-core")).chromium;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new NoPictures("playwright-core is not installed (npm install --save-dev playwright-core)");
  }
}

/** Of an error of the browser's, without its call log. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n").find((line) => line.trim() !== "") ?? "").trim();
}
