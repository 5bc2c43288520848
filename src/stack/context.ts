import type { Stack } from "./definition.ts";
import type { ScrapeJob, Service, StackContext, StackDatasource } from "./service.ts";

/** The view of the stack that its services are rendered from. */
export function contextOf(stack: Stack): StackContext {
  const { name, environment, scrapeInterval, evaluationInterval, backend, logs, services } = stack;
  const context: StackContext = {
    name,
    environment,
    scrapeInterval,
    evaluationInterval,
    backend,
    logs,
    address(service, port) {
      const found = services.get(service);
      const listening = found?.type.ports[port];
      return found && listening && `${found.container}:${listening.container}`;
    },
    jobs: () => [...jobsOf(stack, context)],
  };
  return context;
}

function* jobsOf({ services, backend, scrape }: Stack, context: StackContext): Generator<ScrapeJob> {
  for (const service of services.values()) {
    const interval = service.scrapeInterval === undefined ? {} : { scrape_interval: service.scrapeInterval };
    for (const job of service.type.scrape?.(service, context) ?? []) yield { ...job, ...interval };
    if (service.name === "prometheus" && backend) {
      yield {
        job_name: backend.job,
        metrics_path: backend.metricsPath,
        scrape_interval: backend.interval,
        static_configs: [{ targets: [backend.target] }],
      };
    }
  }
  for (const { job, targets, metricsPath = "/metrics", interval, labels } of scrape) {
    yield {
      job_name: job,
      metrics_path: metricsPath,
      ...(interval === undefined ? {} : { scrape_interval: interval }),
      static_configs: [{ targets, ...(labels === undefined ? {} : { labels }) }],
    };
  }
}

/** Returns all scrape jobs of Prometheus. */
export function scrapeJobs(stack: Stack): readonly ScrapeJob[] {
  return contextOf(stack).jobs();
}

/** Returns the datasources of the stack's Grafana, as plain data. */
export function stackDatasources(stack: Stack): StackDatasource[] {
  const context = contextOf(stack);
  return [...stack.services.values()].flatMap((service: Service) => service.type.datasource?.(service, context) ?? []);
}
