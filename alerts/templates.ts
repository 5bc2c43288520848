import { messageTemplate } from "grafana-provision";

// Go templates: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/template-notifications/
// Contact points use the name of each `define`. `.` is the message, or one of its alerts.

/** Labels that all alerts of the team have, or that are in the title. The others tell one alert of a rule from another. */
const KNOWN = ["alertname", "grafana_folder", "rulename", "datasource_uid", "ref_id", "service", "severity", "team"]
  .map((label) => `"${label}"`)
  .join(" ");

/** Shared parts of all messages. */
export const common = messageTemplate({
  name: "toolboxai",
  template: `
{{ define "toolboxai.title" -}}
  {{ if eq .Status "resolved" }}[RESOLVED]{{ else }}[{{ or .CommonLabels.severity "alert" | toUpper }}]{{ end }}
  {{- " " }}{{ template "toolboxai.services" . }}: {{ or .CommonLabels.rulename .CommonLabels.alertname }}
  {{- if eq .Status "resolved" }} ({{ or .CommonLabels.severity "alert" }}){{ end }}
  {{- if gt (len .Alerts.Firing) 1 }} ({{ len .Alerts.Firing }} firing){{ end }}
{{- end }}

{{ define "toolboxai.services" -}}
  {{ if .CommonLabels.service }}{{ .CommonLabels.service }}
  {{- else }}{{ range $index, $alert := .Alerts }}{{ if $index }}, {{ end }}{{ $alert.Labels.service }}{{ end }}
  {{- end }}
{{- end }}

{{ define "toolboxai.summary" -}}
  {{ if eq .Labels.alertname "DatasourceNoData" }}No data for "{{ .Labels.rulename }}"
  {{- else if eq .Labels.alertname "DatasourceError" }}"{{ .Labels.rulename }}" can't be evaluated
  {{- else }}{{ or .Annotations.summary .Labels.alertname }}
  {{- end }}
{{- end }}

{{ define "toolboxai.resolved" -}}
  {{ template "toolboxai.summary" . }}: resolved after {{ (.EndsAt.Sub .StartsAt).Truncate 1000000000 }}
  {{- range $index, $label := (.Labels.Remove (stringSlice ${KNOWN})).SortedPairs }}
    {{- if $index }}, {{ else }} ({{ end }}{{ $label.Name }} {{ $label.Value }}
  {{- end }}
  {{- if (.Labels.Remove (stringSlice ${KNOWN})).SortedPairs }}){{ end }}
{{- end }}

{{ define "toolboxai.description" -}}
  {{ if eq .Labels.alertname "DatasourceNoData" }}The query returned no data. Check whether the service that exposes the metric is running and scraped.
  {{- else if eq .Labels.alertname "DatasourceError" }}{{ .Annotations.Error }}
  {{- else }}{{ or .Annotations.description "The rule has no description." }}
  {{- end }}
{{- end }}
`,
});

/** Silences all alerts of a rule. Grafana's own link has a matcher for each label, and is several lines long. */
const silence =
  "{{ $.ExternalURL }}alerting/silence/new?alertmanager=grafana&matcher=__alert_rule_uid__%3D{{ .RuleUID }}";

/** Plain text, which Grafana converts to HTML. It escapes tags, so links are written out. */
export const email = messageTemplate({
  name: "toolboxai.email",
  template: `
{{ define "toolboxai.email" -}}
{{ range .Alerts.Firing -}}
{{ template "toolboxai.summary" . }}
{{ template "toolboxai.description" . }}
Since {{ .StartsAt.UTC.Format "2006-01-02 15:04 MST" }}
{{- with .Annotations.runbook_url }}
Runbook: {{ . }}
{{- end }}
{{- with .PanelURL }}
Panel: {{ . }}
{{- end }}
{{- if .RuleUID }}
Silence: ${silence}
{{- end }}

{{ end -}}
{{ range .Alerts.Resolved -}}
{{ template "toolboxai.resolved" . }}
{{- with .PanelURL }}
Panel: {{ . }}
{{- end }}

{{ end -}}
{{ end }}
`,
});

/** Slack's markup: *bold*, and <URL|text> for a link. */
export const slack = messageTemplate({
  name: "toolboxai.slack",
  template: `
{{ define "toolboxai.slack" -}}
{{ range .Alerts.Firing -}}
*{{ template "toolboxai.summary" . }}*
{{ template "toolboxai.description" . }}
{{ with .Annotations.runbook_url }}<{{ . }}|Runbook> · {{ end -}}
{{ with .PanelURL }}<{{ . }}|Panel> · {{ end -}}
<${silence}|Silence>

{{ end -}}
{{ range .Alerts.Resolved -}}
:white_check_mark: {{ template "toolboxai.resolved" . }}
{{- with .PanelURL }} · <{{ . }}|Panel>{{ end }}
{{ end -}}
{{ end }}
`,
});
