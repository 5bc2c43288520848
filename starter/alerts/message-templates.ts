import { messageTemplate } from "grafana-provision";

// Go templates: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/template-notifications/

export const message = messageTemplate({
  name: "my-team",
  template: `
{{ define "my-team.message" -}}
{{ range .Alerts.Firing -}}
{{ .Annotations.summary }}: {{ .Annotations.description }}
Since {{ .StartsAt.UTC.Format "2006-01-02 15:04 MST" }}. Silence: {{ .SilenceURL }}
{{ end -}}
{{ range .Alerts.Resolved -}}
Resolved: {{ .Annotations.summary }}
{{ end -}}
{{ end }}
`,
});
