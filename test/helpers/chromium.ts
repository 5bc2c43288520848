import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

/** The path of the installed browser, or the one in `CHROMIUM`; undefined if there is none. */
export const CHROMIUM = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== "" && existsSync(path));

/** Starts it without a window and without background requests. */
export function startChromium(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  return chromium.launch({
    executablePath: CHROMIUM ?? "",
    args: [...args, "--disable-component-update", "--disable-sync"],
  });
}
