/** A setting of an integration that is a template. */
export interface Templated {
  /** The setting, or a part of it: `details.*` for each entry of a map, `labels[]` for each item of a list. */
  readonly name: string;
  /** The template that Grafana uses if the setting is empty. */
  readonly fallback?: string;
  /** Whether Grafana also uses it if the text that it rendered is blank. */
  readonly fallbackIfBlank?: true;
  /** Further entries of a map that Grafana adds. */
  readonly entries?: Readonly<Record<string, string>>;
  /** The number of characters after which Grafana cuts the text. */
  readonly limit?: number;
  /** What Grafana does with the text. */
  readonly finish?: (text: string, isResolved: boolean) => string;
}

const TITLE = '{{ template "default.title" . }}';
const MESSAGE = '{{ template "default.message" . }}';

const title: Templated = { name: "title", fallback: TITLE };
const message: Templated = { name: "message", fallback: MESSAGE };
const description: Templated = { name: "description", fallback: MESSAGE };
const url: Templated = { name: "url" };
const named = (...names: string[]): Templated[] => names.map((name) => ({ name }));
const trimmed = (name: string): Templated => ({ name, finish: (text) => text.trim() });
const orDefault = (name: string): Templated => ({ name, finish: (text) => text || "default" });

/** The characters that fit into a number of bytes. */
function bytesOf(text: string, bytes: number): string {
  // A stream keeps the bytes of an incomplete character.
  return new TextDecoder("utf8", { ignoreBOM: true }).decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}

const SEVERITIES = new Set(["critical", "error", "warning", "info"]);

/** The settings of each integration that are templates, by its type in lower case. */
export const TEMPLATED: Readonly<Record<string, readonly Templated[]>> = {
  dingding: [title, message],
  discord: [{ ...title, limit: 256 }, { ...message, limit: 2000 }, ...named("avatar_url")],
  email: [{ name: "subject", fallback: TITLE }, { name: "message" }],
  googlechat: [title, message],
  jira: [
    { name: "summary", fallback: '{{ template "jira.default.summary" . }}', limit: 255 },
    { name: "description", fallback: '{{ template "jira.default.description" . }}', limit: 32_767 },
    { ...trimmed("priority"), fallback: '{{ template "jira.default.priority" . }}' },
    trimmed("project"),
    trimmed("issue_type"),
    trimmed("labels[]"),
    { name: "fields.*" },
  ],
  kafka: [
    { name: "description", fallback: TITLE },
    { name: "details", fallback: MESSAGE },
    ...named("kafkaTopic", "kafkaClusterId"),
  ],
  line: [title, description],
  mqtt: [message],
  oncall: [title, message, url],
  opsgenie: [
    { name: "message", fallback: TITLE, limit: 130 },
    { name: "description", fallbackIfBlank: true, fallback: `${TITLE}\n{{ .ExternalURL }}alerting/list\n\n${MESSAGE}` },
  ],
  pagerduty: [
    { name: "summary", fallback: TITLE, limit: 1024 },
    {
      name: "severity",
      fallback: "critical",
      finish: (text) => (SEVERITIES.has(text.toLowerCase()) ? text.toLowerCase() : "critical"),
    },
    { name: "class", fallback: "default" },
    { name: "component", fallback: "Grafana" },
    { name: "group", fallback: "default" },
    { name: "client", fallback: "Grafana" },
    { name: "client_url", fallback: "{{ .ExternalURL }}" },
    // By default the name of Grafana's machine.
    { name: "source" },
    {
      name: "details.*",
      entries: {
        firing: '{{ template "__text_alert_list" .Alerts.Firing }}',
        resolved: '{{ template "__text_alert_list" .Alerts.Resolved }}',
        num_firing: "{{ .Alerts.Firing | len }}",
        num_resolved: "{{ .Alerts.Resolved | len }}",
      },
    },
  ],
  "prometheus-alertmanager": [],
  pushover: [
    { ...title, limit: 250 },
    { ...message, limit: 1024, finish: (text) => text.trim() || "(no details)" },
    ...named("device", "sound", "okSound"),
  ],
  sensugo: [message, orDefault("entity"), orDefault("check"), orDefault("namespace"), ...named("handler")],
  slack: [
    { ...title, limit: 1024 },
    { name: "text", fallback: MESSAGE },
    { name: "color", fallback: '{{ if eq .Status "firing" }}#D63232{{ else }}#36a64f{{ end }}' },
    { name: "footer", fallback: '{{ template "slack.default.footer" . }}', limit: 300 },
    { name: "username", fallback: "Grafana" },
    ...named("recipient", "icon_emoji", "icon_url"),
  ],
  sns: [
    { name: "subject", fallback: TITLE, finish: (text) => bytesOf(text, 100) },
    { ...message, finish: (text) => bytesOf(text, 256 * 1024) },
    ...named("topic_arn", "phone_number", "target_arn", "attributes.*"),
  ],
  teams: [title, { name: "message", fallback: '{{ template "teams.default.message" .}}' }],
  telegram: [{ ...message, limit: 4096 }],
  threema: [title, description],
  victorops: [
    title,
    { ...description, limit: 20_480 },
    {
      name: "messageType",
      fallback: "CRITICAL",
      finish: (text, isResolved) => (isResolved ? "RECOVERY" : text.toUpperCase() || "CRITICAL"),
    },
  ],
  webex: [{ ...message, finish: (text) => (Buffer.byteLength(text) > 4096 ? `${bytesOf(text, 4093)}…` : text) }],
  webhook: [title, message, url],
  wecom: [title, message],
};
