// The public API for tests of alerts, independent of a test runner and of a Grafana.
export { routesOf, type Policies, type Reached, type RoutingOptions } from "./routes.ts";
