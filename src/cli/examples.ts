import type { Command } from "commander";

/** Command lines for the help of each command. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  plan: ["plan --only dashboard/fastapi"],
  review: ["review --base main"],
  comment: ["comment --pull-request 42"],
  apply: ["apply --prune --max-deletes 3"],
  drift: ["drift --env production"],
  compare: ["compare --from staging --to production"],
  import: ['import --env production --out . --folder "Team A"'],
  destroy: ["destroy --only dashboard --yes"],
  rollback: ["rollback latest"],
  backup: ["backup --env production --out backups/2026-11-30"],
  restore: ["restore backups/2026-11-30 --env staging --dry-run"],
  validate: ["validate --config monitoring/grafana.config.ts"],
  lint: ["lint --only dashboard/fastapi --fail-on warning"],
  usage: ["usage http_requests_total"],
  "contact-point": ["contact-point test ops --env production"],
  alerts: ["alerts severity=critical --env production --fail-on firing"],
  silence: ['silence alertname="Service down" job=fastapi-backend --for 2h --comment "restart for the upgrade"'],
  check: ["check --env production --only dashboard/checkout --from now-6h"],
  upgrade: ["upgrade dashboard/checkout --write"],
  doctor: ["doctor --url https://grafana.example.org --yes"],
  token: ["token deploy --expires 90d -- gh secret set GRAFANA_TOKEN"],
  sandbox: ["sandbox --port 3001"],
  "stack:up": ["stack:up --timeout 600"],
  "stack:down": ["stack:down --volumes"],
  "stack:status": ["stack:status -o json"],
  "stack:check": ["stack:check -o json"],
  "stack:backup": ["stack:backup --out backups/2026-11-30 --recipient age1..."],
  "stack:restore": ["stack:restore backups/2026-11-30 --identity key.txt"],
  "stack:cardinality": ["stack:cardinality --limit 20"],
  "stack:report": ["stack:report --from now-7d -o markdown"],
  "stack:render": ["stack:render deploy/monitoring --check"],
  init: ["init monitoring --ci gitlab"],
};

/** Complete command lines that show how a command is used. */
export function examplesOf(command: string): readonly string[] {
  return (EXAMPLES[command] ?? []).map((example) => `grafana-provision ${example}`);
}

/** Adds its examples to the help of a command. */
export function addExamples(command: Command): void {
  const lines = examplesOf(command.name());
  if (lines.length > 0) command.addHelpText("after", `\nExample:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
