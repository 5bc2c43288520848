// The public API for tests of alerts, independent of a test runner and of a Grafana.
export type { Labels } from "./matching.ts";
export { routesOf, type Policies, type Reached, type RoutingOptions } from "./routes.ts";
