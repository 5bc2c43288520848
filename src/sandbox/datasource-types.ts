/** Names of the built-in data source plugins. */
const names: Record<string, string> = {
  alertmanager: "Alertmanager",
  cloudwatch: "CloudWatch",
  dashboard: "-- Dashboard --",
  elasticsearch: "Elasticsearch",
  "grafana-azure-monitor-datasource": "Azure Monitor",
  "grafana-postgresql-datasource": "PostgreSQL",
  "grafana-pyroscope-datasource": "Grafana Pyroscope",
  "grafana-testdata-datasource": "TestData",
  graphite: "Graphite",
  influxdb: "InfluxDB",
  jaeger: "Jaeger",
  loki: "Loki",
  mssql: "Microsoft SQL Server",
  mysql: "MySQL",
  opentsdb: "OpenTSDB",
  parca: "Parca",
  prometheus: "Prometheus",
  stackdriver: "Google Cloud Monitoring",
  tempo: "Tempo",
  zipkin: "Zipkin",
};

const needUrl = new Set([
  "alertmanager",
  "elasticsearch",
  "grafana-amazonprometheus-datasource",
  "grafana-azureprometheus-datasource",
  "grafana-postgresql-datasource",
  "graphite",
  "influxdb",
  "influxdb_08",
  "jaeger",
  "loki",
  "mssql",
  "mysql",
  "opentsdb",
  "prometheus",
  "tempo",
  "zipkin",
]);

/** The name of a data source type, or the type itself if its plugin is not installed. */
export function typeName(type: string): string {
  return names[type] ?? type;
}

export function typeLogo(type: string): string {
  if (!(type in names)) return "public/img/icn-datasource.svg";
  return `public/app/plugins/datasource/${type}/img/${type}_logo.svg`;
}

/** Whether Grafana accepts the URL for a data source of this type. */
export function isUrlAccepted(type: string, url: string): boolean {
  if (url.trim() === "") return !needUrl.has(type);
  if (type.toLowerCase() === "mssql") return true;
  const withScheme = /^[^:]*:\/\//.test(url) ? url : `http://${url}`;
  const match = /^([^:]*):\/\/([^/?#]*)/.exec(withScheme);
  const [, scheme = "", authority = ""] = match ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const port = /:([^:\]]*)$/.exec(host)?.[1] ?? "";
  return (
    /^[a-z][a-z0-9+.-]*$/i.test(scheme) &&
    /^\d*$/.test(port) &&
    !/[\s<>"]/.test(authority) &&
    !/%(?![0-9a-f]{2})/i.test(withScheme)
  );
}
