import type { Setting } from "./catalogue.ts";

// How Grafana 12.4.0 treats settings, where it differs from its catalogue.

/** Settings that can be a number, or a number in a string. */
export const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  mqtt: ["qos"],
  oncall: ["maxAlerts"],
  pushover: ["priority", "okPriority", "retry", "expire"],
  webhook: ["maxAlerts"],
};

/** Settings that have a default although they are marked as required. */
export const OPTIONAL: Readonly<Record<string, readonly string[]>> = { opsgenie: ["apiUrl"] };

/** Choices that can also be any other string. */
export const OPEN_CHOICES: Readonly<Record<string, readonly string[]>> = { pushover: ["sound", "okSound"] };

/** Maps whose values can be anything, not only strings. */
export const OPEN_MAPS: Readonly<Record<string, readonly string[]>> = { jira: ["fields"] };

/** Settings that Grafana reads and that are not in its catalogue. */
export const UNLISTED: Readonly<Record<string, readonly Setting[]>> = {
  pushover: [{ name: "uploadImage", form: "flag" }],
  telegram: [{ name: "disable_notifications", form: "flag" }],
  wecom: [{ name: "endpointUrl", form: "text" }],
};

/** Settings of the HTTP client, which Grafana reads for all types. */
export const UNLISTED_EVERYWHERE = ["http_config"];

/** Settings of the catalogue that Grafana does not read, and the ones that it reads instead. */
export const IGNORED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  telegram: { disable_notification: "disable_notifications" },
};

/** A setting that replaces another one: Slack's Chat API needs no URL, and neither does a URL of another server. */
export const REPLACED_BY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  slack: { url: "endpointUrl" },
};

/** Secret settings that are often public: user names and certificates. */
export const PUBLIC = ["user", "caCertificate", "clientCertificate"];
