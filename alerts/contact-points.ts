import { contactPoint, env, secret } from "grafana-provision";
import * as templates from "./templates.ts";

// Secrets come from the environment when they are sent: they stand neither here nor in a plan.

/** For what can't wait. Grafana has to know a mail server: `GF_SMTP_ENABLED`, `GF_SMTP_HOST`… */
export const email = contactPoint({
  name: "ToolboxAI email",
  templates: [templates.common, templates.email],
  integrations: [
    {
      type: "email",
      settings: {
        // Several stand with commas between them.
        addresses: process.env["ALERT_EMAILS"] || "ops@example.com",
        // One message to all of them: an answer tells the others that somebody is at it.
        singleEmail: true,
        subject: '{{ template "toolboxai.title" . }}',
        message: '{{ template "toolboxai.email" . }}',
      },
    },
  ],
});

/** For what can. The address decides the channel, and whoever has it can write there: hence a secret. */
export const slack = contactPoint({
  name: "ToolboxAI Slack",
  templates: [templates.common, templates.slack],
  integrations: [
    {
      type: "slack",
      settings: {
        url: secret(env("SLACK_WEBHOOK_URL")),
        title: '{{ template "toolboxai.title" . }}',
        text: '{{ template "toolboxai.slack" . }}',
      },
    },
  ],
});

/** For the FastAPI backend, which gets everything, as JSON: labels, annotations and values of each alert. */
export const webhook = contactPoint({
  name: "ToolboxAI backend",
  integrations: [
    {
      type: "webhook",
      settings: {
        url: process.env["ALERT_WEBHOOK_URL"] || "http://host.docker.internal:8009/api/v1/alerts",
        httpMethod: "POST",
        authorization_scheme: "Bearer",
        authorization_credentials: secret(env("ALERT_WEBHOOK_TOKEN")),
      },
    },
  ],
});
