import { messageTemplate } from "grafana-provision";

// Go templates: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/template-notifications/
// Contact points use the name of each `define`. `.` is the message, or one of its alerts.

/** Shared parts of all messages. */
export const common = messageTemplate({
  name: "toolboxai",
  template: `
{{ define "toolboxai.title" -}}
  {{ if eq .Status "resolved" }}[RESOLVED]{{ else }}[{{ or .CommonLabels.severity "alert" | toUpper }}]{{ end }}
  {{- " " }}{{ with .CommonLabels.service }}{{ . }}: {{ end }}{{ or .CommonLabels.rulename .CommonLabels.alertname }}
  {{- if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}
{{- end }}

{{ define "toolboxai.summary" -}}
  {{ if eq .Labels.alertname "DatasourceNoData" }}No data for "{{ .Labels.rulename }}"
  {{- else if eq .Labels.alertname "DatasourceError" }}"{{ .Labels.rulename }}" can't be evaluated
  {{- else }}{{ or .Annotations.summary .Labels.alertname }}
  {{- end }}
{{- end }}

{{ define "toolboxai.resolved" -}}
  {{ template "toolboxai.summary" . }}
  {{- with .Labels.instance }} ({{ . }}){{ end }}, after {{ (.EndsAt.Sub .StartsAt).Truncate 1000000000 }}
{{- end }}

{{ define "toolboxai.description" -}}
  {{ if eq .Labels.alertname "DatasourceNoData" }}The query returned no data. Check whether the service that exposes the metric is running and scraped.
  {{- else if eq .Labels.alertname "DatasourceError" }}{{ .Annotations.Error }}
  {{- else }}{{ or .Annotations.description "The rule has no description." }}
  {{- end }}
{{- end }}
`,
});

/** Plain text, which Grafana converts to HTML. */
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
{{- with .Annotations.dashboard_url }}
Dashboard: {{ . }}
{{- end }}
Rule, to silence it: {{ .GeneratorURL }}

{{ end -}}
{{ range .Alerts.Resolved -}}
Resolved: {{ template "toolboxai.resolved" . }}
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
{{ with .Annotations.dashboard_url }}<{{ . }}|Dashboard> · {{ end -}}
<{{ .SilenceURL }}|Silence>

{{ end -}}
{{ range .Alerts.Resolved -}}
:white_check_mark: {{ template "toolboxai.resolved" . }}
{{ end -}}
{{ end }}
`,
});
