// Plain JavaScript on purpose: it has to run on the Node that is too old, and say what to do about it.
import { existsSync } from "node:fs";

const { versions, features, execPath } = process;
const [major, minor] = versions.node.split(".").map(Number);
const isCheckout = existsSync(new URL("../src", import.meta.url));

if (major < 24 || (major === 24 && minor < 15)) {
  fail(
    `grafana-provision needs Node 24.15 or later, and this is Node ${versions.node} (${execPath}): ` +
      (isCheckout
        ? "run `npm ci` (without --ignore-scripts), which brings one, and start commands with `npm run`."
        : "install one from https://nodejs.org, or for this repository alone with `npm install --save-dev node@24`."),
  );
} else if (!features.typescript) {
  fail(
    "grafana-provision needs a Node that runs TypeScript, and this one was told not to: " +
      "take --no-strip-types away from it, which may stand in NODE_OPTIONS.",
  );
} else if (isCheckout && !isInstalled("commander")) {
  fail("The dependencies of this repository are not installed. Run `npm ci`, then run the command again.");
}

function isInstalled(name) {
  try {
    return Boolean(import.meta.resolve(name));
  } catch {
    return false;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
