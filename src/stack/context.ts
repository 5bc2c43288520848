import { completeAccess, inContainer, OWN_USER, SECRET, webClient } from "./access.ts";
import { discover } from "./discovery.ts";
import { accessOn, ingressHost, type RenderedFor, type Target } from "./target.ts";
import type { Stack } from "./definition.ts";
import type { HttpClient } from "./access-types.ts";
import type { JobLimits } from "./job-limits.ts";
import type { Alerting, PublishedPort, ScrapeJob, Service, StackContext, StackDatasource } from "./service.ts";
import type { ServiceName } from "./names.ts";

/** The view of the stack that its services are rendered from. */
export function contextOf(stack: Stack, { target = "compose", onAddress }: RenderedFor = {}): StackContext {
  const { name, environment, scrapeInterval, evaluationInterval, backend, logs, runbooks, services } = stack;
  const access = accessOn(target, completeAccess(stack));
  const context: StackContext = {
    target,
    name,
    environment,
    scrapeInterval,
    evaluationInterval,
    backend,
    logs,
    isProduction: stack.profile === "production",
    access,
    runbooks,
    alerting: services.get("alertmanager")?.settings as Alerting | undefined,
    ownJobs: () => [...ownJobs(services, context)].map(({ job_name }) => job_name),
    published: () => publishedPorts(stack),
    client(service) {
      return access !== undefined && services.get(service)?.type.guard === "web" ? webClient(access) : {};
    },
    address(service, port) {
      const found = services.get(service);
      const listening = found?.type.ports[port];
      if (found === undefined || listening === undefined) return undefined;
      onAddress?.(service, port);
      return `${found.container}:${listening.container}`;
    },
    runs: (service) => services.has(service),
    jobs: () => [...jobsOf(stack, context)].map(({ job }) => job),
    scrapeConfigs: () => [...jobsOf(stack, context)].map(({ job, service }) => discover(job, service, target)),
    publicUrl({ type, ports }, port) {
      const host = ports[port];
      if (host === undefined) return undefined;
      if (target !== "kubernetes") return `${access ? `https://${access.host}` : "http://localhost"}:${host}/`;
      return access && `https://${ingressHost(type, port, access)}/`;
    },
  };
  return context;
}

/** The ports of all services that are published on the host, in display order. */
function publishedPorts({ services }: Pick<Stack, "services">): PublishedPort[] {
  return [...services.values()].flatMap((service) =>
    Object.entries(service.ports).map(([name, host]) => {
      const { container, protocol = "http" } = service.type.ports[name] ?? { container: host };
      return { service, name, host, address: `${service.container}:${container}`, protocol };
    }),
  );
}

/** What Prometheus needs to scrape a service. */
function scrapeClient({ access, client }: StackContext, { name, type }: Service): HttpClient {
  if (access === undefined || type.guard !== "login") return client(name);
  return { basic_auth: { username: OWN_USER, password_file: inContainer(SECRET.own) } };
}

function* ownJobs(services: Stack["services"], context: StackContext): Generator<ScrapeJob & { service: Service }> {
  for (const service of services.values()) {
    const interval = service.scrapeInterval === undefined ? {} : { scrape_interval: service.scrapeInterval };
    const client = scrapeClient(context, service);
    for (const job of service.type.scrape?.(service, context) ?? [])
      yield { service, ...job, ...interval, ...client, ...limitsOf(service.metrics) };
  }
}

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config */
function limitsOf({ drop = [], sampleLimit, labelLimit }: JobLimits = {}): Partial<ScrapeJob> {
  return {
    ...(drop.length > 0
      ? { metric_relabel_configs: [{ source_labels: ["__name__"], regex: drop.join("|"), action: "drop" }] }
      : {}),
    ...(sampleLimit === undefined ? {} : { sample_limit: sampleLimit }),
    ...(labelLimit === undefined ? {} : { label_limit: labelLimit }),
  };
}

function* jobsOf(stack: Stack, context: StackContext): Generator<{ job: ScrapeJob; service?: Service }> {
  const { services, backend, scrape } = stack;
  let isFirst = true;
  for (const { service, ...job } of ownJobs(services, context)) {
    yield { job, service };
    if (service.name === "prometheus" && backend && isFirst) {
      isFirst = false;
      yield {
        job: {
          job_name: backend.job,
          metrics_path: backend.metricsPath,
          scrape_interval: backend.interval,
          static_configs: [{ targets: [backend.target] }],
          ...limitsOf(backend.metrics),
        },
      };
    }
  }
  for (const { job, targets, metricsPath = "/metrics", interval, labels, metrics } of scrape) {
    yield {
      job: {
        job_name: job,
        metrics_path: metricsPath,
        ...(interval === undefined ? {} : { scrape_interval: interval }),
        static_configs: [{ targets, ...(labels === undefined ? {} : { labels }) }],
        ...limitsOf(metrics),
      },
    };
  }
}

/** The service that a scrape job belongs to; undefined if the job is not one of the stack's own services. */
export function serviceOfJob(stack: Stack, job: string): Service | undefined {
  return [...ownJobs(stack.services, contextOf(stack))].find(({ job_name: name }) => name === job)?.service;
}

/** The services that query metrics themselves, each with a regular expression of these metrics. */
export function metricReaders(stack: Stack): { readonly service: ServiceName; readonly pattern: string }[] {
  const context = contextOf(stack);
  return [...stack.services.values()].flatMap(({ name: service, type }) => {
    const pattern = type.queries?.(context);
    return pattern === undefined ? [] : [{ service, pattern }];
  });
}

/** Returns all scrape jobs of Prometheus. */
export function scrapeJobs(stack: Stack): readonly ScrapeJob[] {
  return contextOf(stack).jobs();
}

/** Returns the datasources of the stack's Grafana, as plain data. In Kubernetes, the services have no TLS. */
export function stackDatasources(
  stack: Stack,
  { target = "compose" }: { readonly target?: Target } = {},
): StackDatasource[] {
  return datasourcesOf(stack, contextOf(stack, { target }));
}

/** The datasources that a Grafana in this context reaches. */
export function datasourcesOf(stack: Stack, context: StackContext): StackDatasource[] {
  return [...stack.services.values()].flatMap((service: Service) => {
    const datasource = service.type.datasource?.(service, context);
    return datasource === undefined ? [] : [withClient(datasource, context, service.name)];
  });
}

/** A datasource with the TLS settings and the credentials of its service. */
function withClient(datasource: StackDatasource, { client, access }: StackContext, name: ServiceName): StackDatasource {
  const { scheme, basic_auth: login, tls_config: tls } = client(name);
  if (login === undefined) return datasource;
  const hasOwnAuthority = tls?.ca_file !== undefined;
  return {
    ...datasource,
    url: scheme === undefined ? datasource.url : datasource.url.replace(/^http:/, "https:"),
    basicAuth: true,
    basicAuthUser: login.username,
    jsonData: {
      ...datasource.jsonData,
      ...(tls === undefined ? {} : { serverName: access?.host ?? "" }),
      ...(hasOwnAuthority ? { tlsAuthWithCACert: true } : {}),
    },
    secureFiles: { ...datasource.secureFiles, basicAuthPassword: SECRET.own },
  };
}
