import { contactPoint } from "grafana-provision";
import { message } from "./message-templates.ts";

// A secret stands in the environment, never in here. A second contact point, say:
//
//   import { contactPoint, env, secret } from "grafana-provision";
//   export const chat = contactPoint({
//     name: "my-team chat",
//     integrations: [{ type: "slack", settings: { url: secret(env("SLACK_WEBHOOK_URL")) } }],
//   });

/** Grafana has to know a mail server for this: `GF_SMTP_ENABLED`, `GF_SMTP_HOST`… */
export const email = contactPoint({
  name: "my-team email",
  templates: [message],
  integrations: [
    {
      type: "email",
      settings: {
        // Several stand with commas between them.
        addresses: process.env["ALERT_EMAILS"] || "ops@example.com",
        message: '{{ template "my-team.message" . }}',
      },
    },
  ],
});
