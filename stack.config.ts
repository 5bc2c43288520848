import { defineStack } from "grafana-provision/stack";

// The definition for `npm run stack:up`. docs/stack.md lists the defaults of omitted settings.
export default defineStack({
  name: "toolboxai",

  // The address of the backend as seen from a container, and the directory of its log files. To build and run the backend in
  // examples/fastapi-backend instead, replace both lines with: backend: "example",
  backend: { job: "fastapi-backend", target: "host.docker.internal:8009", interval: "10s" },
  logs: { application: "./logs" },

  services: {
    prometheus: { retention: "15d" },
    loki: { retention: "7d" },
    // "blackbox-exporter": { targets: ["https://toolboxai.example.com"] },
  },
});
