import { defineStack } from "grafana-provision/stack";

// What `npm run stack:up` starts, and Prometheus watches. Everything that is left out is as the README's table says.
export default defineStack({
  name: "toolboxai",

  // Where the backend runs, as seen from a container, and where it writes its log files.
  backend: { job: "fastapi-backend", target: "host.docker.internal:8009", interval: "10s" },
  logs: { application: "./logs" },

  services: {
    prometheus: { retention: "15d" },
    loki: { retention: "7d" },
    // "blackbox-exporter": { targets: ["https://toolboxai.example.com"] },
  },
});
