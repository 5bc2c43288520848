// The public API for tests of alerts, independent of a test runner and of a Grafana.
export { backtest, comparedFirings, type Backtest, type BacktestOptions, type Firing } from "./backtest.ts";
export type { Labels } from "./matching.ts";
export { renderNotification, type NotificationOptions, type RenderedNotification } from "./render-notification.ts";
export type { NotifiedAlert } from "./notification/alert.ts";
export { routesOf, type Policies, type Reached, type RoutingOptions } from "./routes.ts";
export { simulate, type SimulatedInstance, type SimulatedState, type SimulationOptions } from "./simulate.ts";
export type { TestedRule } from "./simulation/rule.ts";
export type { QuerySeries, SimulatedSeries } from "./simulation/series.ts";
export type { AlertState } from "./simulation/states.ts";
