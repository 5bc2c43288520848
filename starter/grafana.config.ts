import { defineConfig } from "grafana-provision";

export default defineConfig({
  // Marks in Grafana what this repository owns. Changing it later disowns everything that was applied.
  project: "my-team",

  // Every .ts, .json and .yaml file in here is loaded, except those whose name, or whose folder's, begins with `_`.
  resources: ["./datasources", "./dashboards", "./alerts"],

  // Chosen with `--env NAME`. Credentials never stand here: they come from variables such as GRAFANA_TOKEN.
  environments: {
    local: { url: "http://localhost:3000" },
  },
});
