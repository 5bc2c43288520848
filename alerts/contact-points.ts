import { contactPoint, env, secret } from "grafana-provision";
import * as templates from "./templates.ts";

// Secrets are read from environment variables when they are sent. They are neither in this file nor in a plan.

/** For urgent alerts. Requires a mail server in Grafana's configuration: `GF_SMTP_ENABLED`, `GF_SMTP_HOST`… */
export const email = contactPoint({
  name: "ToolboxAI email",
  templates: [templates.common, templates.email],
  integrations: [
    {
      type: "email",
      settings: {
        // Separate several addresses with commas.
        addresses: process.env["ALERT_EMAILS"] || "ops@example.com",
        // One message to all recipients, so that all of them receive a reply.
        singleEmail: true,
        subject: '{{ template "toolboxai.title" . }}',
        message: '{{ template "toolboxai.email" . }}',
      },
    },
  ],
});

/** For other alerts. The URL determines the channel, and is a secret, because it allows anyone to post there. */
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

/** Sends all alerts to the FastAPI backend as JSON, with labels, annotations and values. */
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
