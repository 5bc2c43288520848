import { z } from "zod";
import { APPLICATION_LOGS, EXAMPLE_LOGS } from "../logs.ts";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";

/** Settings for `backend: "example"`. */
export interface FastapiBackendSettings extends CommonSettings {
  /** Tag of the base image: `"3.13-slim-trixie"`. */
  readonly version?: string;
  /**
   * Base image of the built image, with Python 3.11 or later and the module `venv`: `"mirror.example.org/python:3.13"`.
   * The build reads the image's `/etc/pip.conf`, for example the address of a package mirror.
   */
  readonly image?: string;
}

/** Runs before the application's modules are imported, so it needs only Python. */
const PROBE = `import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", 8009, timeout=4)
connection.request("GET", "/health")
sys.exit(connection.getresponse().status != 200)`;

const LISTENS = `Set services["fastapi-backend"].ports.http to change the port on this machine.`;

/** The example of a monitored application. It runs only with `backend: "example"`. */
export const fastapiBackend = serviceType({
  name: "fastapi-backend",
  title: "FastAPI backend",
  image: { repository: "python", version: "3.14-slim-trixie" },
  container: "fastapi-backend",
  ports: { http: { container: 8009, host: 8009, what: "HTTP" } },
  memory: "512m",
  settings: z.strictObject({}),
  reserved: { HOST: LISTENS, PORT: LISTENS },
  after: ["redis", "otel-collector"],
  check: { type: "http", port: "http", path: "/health", contains: '"ok"' },
  main: "http",
  user: 10_001,
  parts({ image }, stack) {
    const redis = stack.address("redis", "redis");
    const collector = stack.address("otel-collector", "otlp-http");
    return {
      build: { directory: "examples/fastapi-backend", args: { BASE_IMAGE: image } },
      environment: {
        ...(redis === undefined ? {} : { REDIS_URL: `redis://${redis}/0` }),
        ...(collector === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector}` }),
      },
      mounts: [
        { type: "volume", name: "fastapi-backend-data", target: "/app/data" },
        { type: "volume", name: EXAMPLE_LOGS, target: APPLICATION_LOGS },
      ],
      probe: ["/app/.venv/bin/python", "-c", PROBE],
      readOnlyRoot: true,
    };
  },
  scrape: (_own, stack) =>
    ownJob("fastapi-backend", stack.address("fastapi-backend", "http")).map((job) => ({
      ...job,
      scrape_interval: "10s",
    })),
});
