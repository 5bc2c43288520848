// Renders the templates in test/testing/notification with a real Grafana, and writes test/fixtures/notifications/templates.json.
// Usage: node scripts/record-templates.ts http://localhost:3000
import { recordTemplates } from "../test/testing/notification/record.ts";

await recordTemplates((process.argv[2] ?? "http://localhost:3000").replace(/\/+$/, ""));
