// Plain JavaScript on purpose: it has to run on the Node that is too old, and say what to do about it.
if (!process.features.typescript) {
  console.error(
    [
      `grafana-provision runs on Node 24 or later; this is Node ${process.versions.node} (${process.execPath}).`,
      "",
      "  In this repository: run `npm ci` (without --ignore-scripts), which puts Node 24 into node_modules/.bin,",
      "  and start commands with `npm run ...`, which finds it there.",
      "  Elsewhere: install Node 24 from https://nodejs.org and try again.",
    ].join("\n"),
  );
  process.exit(1);
}
