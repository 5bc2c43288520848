import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

/** Where this machine's own browser is; undefined where it has none. `CHROMIUM` names another one. */
export const CHROMIUM = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== "" && existsSync(path));

/** Starts it without a window. Nothing of it asks the network for anything by itself. */
export function startChromium(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  return chromium.launch({
    executablePath: CHROMIUM ?? "",
    args: [...args, "--disable-component-update", "--disable-sync"],
  });
}
