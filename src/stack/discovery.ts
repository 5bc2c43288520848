import type { ScrapeJob, Service } from "./service.ts";
import type { Target } from "./target.ts";

/** The label of pods with the name of their service. */
export const NAME_LABEL = "app.kubernetes.io/name";

/** The label of pods that tells apart the parts of a service. */
export const COMPONENT_LABEL = "app.kubernetes.io/component";

/** The part of a service that only passes on requests to the others, and has none of its metrics. */
export const GATEWAY = "gateway";

/**
 * A scrape job that finds each container of a service that can have several: the address of the service leads to any of them. Other jobs are
 * unchanged.
 */
export function discover(job: ScrapeJob, service: Service | undefined, target: Target): object {
  if (service === undefined || target === "compose" || job.relabel_configs !== undefined) return job;
  const { static_configs: fixed, ...others } = job;
  const port = Number(fixed[0]?.targets[0]?.replace(/^.*:/, ""));
  if (target === "swarm") {
    if (service.type.perNode !== true) return job;
    // Swarm's name for all containers of a service.
    return { ...others, dns_sd_configs: [{ names: [`tasks.${service.name}`], type: "A", port }] };
  }
  if (service.type.perNode !== true && service.type.scales?.(service) !== true) return job;
  return {
    ...others,
    kubernetes_sd_configs: [
      {
        role: "pod",
        namespaces: { own_namespace: true },
        selectors: [{ role: "pod", label: `${NAME_LABEL}=${service.name},${COMPONENT_LABEL}!=${GATEWAY}` }],
      },
    ],
    relabel_configs: [
      // Pods that have ended stay in the list until Kubernetes removes them.
      { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Failed|Succeeded", action: "drop" },
      { source_labels: ["__meta_kubernetes_pod_container_port_number"], regex: String(port), action: "keep" },
      {
        source_labels: [`__meta_kubernetes_pod_${service.type.perNode === true ? "node_name" : "name"}`],
        target_label: "instance",
        replacement: `$1:${port}`,
      },
    ],
  };
}
