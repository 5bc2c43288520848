// Plain JavaScript, because old versions of Node must be able to run it.
import { existsSync } from "node:fs";

const { versions, features, execPath } = process;
const [major, minor] = versions.node.split(".").map(Number);
const isCheckout = existsSync(new URL("../src", import.meta.url));

if (major < 24 || (major === 24 && minor < 15)) {
  fail(
    "grafana-provision requires Node 24.15 or later. " +
      (isCheckout
        ? "Run `npm ci` (without --ignore-scripts), which installs it, and start commands with `npm run`."
        : "Run `npm install --save-dev node@24`, which installs it only for this repository, and start the command again with npx or `npm run`.") +
      ` This is Node ${versions.node} (${execPath}).`,
  );
} else if (!features.typescript) {
  fail(
    "grafana-provision requires Node's support for TypeScript, but it is disabled. " +
      "Remove --no-strip-types from the command or from NODE_OPTIONS.",
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
