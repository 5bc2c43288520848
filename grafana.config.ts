import { defineConfig } from "grafana-provision";

export default defineConfig({
  // The owner of the applied objects. If you change it, the project no longer owns the objects that it applied before.
  project: "toolboxai",

  // Identifies this repository, so that another one with the same project name can't change or delete its objects.
  id: "b51d3c0e9f27a846",

  // All .ts, .json and .yaml files in these directories are loaded, except files and directories whose names begin with `_`.
  resources: ["./datasources", "./dashboards", "./alerts"],

  // Select one with `--env NAME`. Set credentials in environment variables such as GRAFANA_TOKEN, never here.
  environments: {
    local: { url: "http://localhost:3000" },
    // production: { url: "https://grafana.example.com" },
  },
});
