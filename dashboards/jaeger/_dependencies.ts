import { dependencyGraph } from "../_shared/jaeger.ts";
import type { Row } from "../_shared/rows.ts";
import { serviceMap } from "../_shared/trace-panels.ts";

export const dependencies: Row = {
  title: "Service dependency map",
  panels: [
    serviceMap(
      "Services",
      "Calls between services, with their number, in all traces of this time range. The selected service doesn't affect this.",
    )
      .span(24)
      .withTarget(dependencyGraph()),
  ],
};
