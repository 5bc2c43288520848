import { contactPoint } from "grafana-provision";
import { message } from "./message-templates.ts";

// Read secrets from environment variables. For example, a second contact point:
//
//   import { contactPoint, env, secret, slack } from "grafana-provision";
//   export const chat = contactPoint({
//     name: "my-team chat",
//     integrations: [slack({ url: secret(env("SLACK_WEBHOOK_URL")) })],
//   });

/** Requires a mail server in Grafana's configuration: `GF_SMTP_ENABLED`, `GF_SMTP_HOST`… */
export const email = contactPoint({
  name: "my-team email",
  templates: [message],
  integrations: [
    {
      type: "email",
      settings: {
        // Separate several addresses with commas.
        addresses: process.env["ALERT_EMAILS"] || "ops@example.com",
        message: '{{ template "my-team.message" . }}',
      },
    },
  ],
});
