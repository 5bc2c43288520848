import { defineConfig } from "grafana-provision";

export default defineConfig({
  // Owner of all objects that this repository applies. If you change it later, existing objects are no longer owned.
  project: "my-team",

  // Identifies this repository, so that another one with the same project name can't change or delete its objects.
  id: "00000000",

  // All .ts, .json and .yaml files in these directories are loaded, except files and directories that start with `_`.
  resources: ["./datasources", "./dashboards", "./alerts"],

  // Select one with `--env NAME`. Set credentials in environment variables such as GRAFANA_TOKEN, not here.
  environments: {
    local: { url: "http://localhost:3000" },
  },
});
