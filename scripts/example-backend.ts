// Starts the example backend without a container. Its log files are where the stack reads them.
import { spawn } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const python = process.env["PYTHON"] || "python3";

const child = spawn(python, [join(ROOT, "examples/fastapi-backend/run.py"), ...process.argv.slice(2)], {
  stdio: "inherit",
  env: {
    LOG_DIRECTORY: join(ROOT, "logs"),
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
    // Prometheus of the stack scrapes it from a container.
    HOST: "0.0.0.0",
    ...process.env,
  },
});
child.once("error", (error) => {
  process.stderr.write(`${python} can't be started: ${error.message}\nInstall Python 3.11 or later, or set PYTHON.\n`);
  process.exitCode = 1;
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
// Python gets the signal from the terminal too, and ends on its own.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
