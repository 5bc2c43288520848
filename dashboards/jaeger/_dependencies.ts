import { dependencyGraph } from "../_shared/jaeger.ts";
import type { Row } from "../_shared/rows.ts";
import { serviceMap } from "../_shared/trace-panels.ts";

export const dependencies: Row = {
  title: "Service dependency map",
  panels: [
    serviceMap(
      "Services",
      "Which service calls which, and how often. Of all traces in Jaeger's storage of this time, whatever service is chosen.",
    )
      .span(24)
      .withTarget(dependencyGraph()),
  ],
};
