// A test must never reach a user's Grafana, whatever the shell that runs it has set.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("GRAFANA_")) delete process.env[name];
}
