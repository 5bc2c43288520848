// The public API, which resource and configuration files import.
export { defineConfig, type Config, type Environment } from "./code/config.ts";
// `export *`: TypeScript extends `Register` only if it is exported in this way.
export * from "./code/environment.ts";
export type { MappingTarget, NamedTarget } from "./engine/mapping-target.ts";
export type { ValuesSchema } from "./code/standard-schema.ts";
export { folder, type ExistingFolder, type Folder } from "./kinds/folder/builder.ts";
export {
  datasource,
  type Datasource,
  type DatasourceOptions,
  type DatasourceRef,
  type DatasourceRefV2,
  type ExistingDatasource,
} from "./kinds/datasource/builder.ts";
export type { JaegerJsonData, LokiJsonData, PrometheusJsonData } from "./kinds/datasource/json-data.ts";
export {
  dashboard,
  type Dashboard,
  type DashboardModel,
  type DashboardV2,
  type DashboardV2Model,
  type ExistingDashboard,
  type PlainDashboard,
  type PlainDashboardV2,
  type PlainElement,
  type PlainLayout,
  type PlainPanel,
} from "./kinds/dashboard/builder.ts";
export { fromObject, placed, plainQuery, without, withProperties } from "./kinds/dashboard/plain.ts";
export { dashboards, type DashboardFiles } from "./kinds/dashboard/files.ts";
export { libraryPanel, type ExistingLibraryPanel, type LibraryPanel } from "./kinds/library-panel/builder.ts";
export { playlist, type Playlist, type PlaylistItem } from "./kinds/playlist/builder.ts";
export { resource, type ApiObject, type ApiObjectOptions } from "./kinds/api-object/builder.ts";
export {
  contactPoint,
  type ContactPoint,
  type ExistingContactPoint,
  type Integration,
  type IntegrationOptions,
} from "./kinds/contact-point/builder.ts";
export * from "./kinds/contact-point/types/index.ts";
export { messageTemplate, type ExistingMessageTemplate, type MessageTemplate } from "./kinds/message-template.ts";
export { muteTiming, type ExistingMuteTiming, type MuteTiming } from "./kinds/mute-timing.ts";
export type { TimeInterval } from "./kinds/alerting/time-interval.ts";
export {
  notificationPolicy,
  type ExistingNotificationPolicy,
  type Matcher,
  type NamedNotificationPolicy,
  type NotificationPolicy,
  type Route,
} from "./kinds/notification-policy/builder.ts";
export { notificationRoutes, type NotificationRoutes } from "./kinds/notification-routes/builder.ts";
export {
  ruleGroup,
  type AlertRule,
  type RecordingRule,
  type RuleGroup,
  type RulePanel,
  type RuleQuery,
} from "./kinds/rule-group/builder.ts";
export {
  above,
  alertRule,
  below,
  math,
  outside,
  promql,
  reduce,
  threshold,
  within,
  type AlertRuleOptions,
  type Limit,
  type Reducer,
} from "./kinds/rule-group/expressions.ts";
export { organizationPreferences, type OrganizationPreferences } from "./kinds/organization-preferences/builder.ts";
export { publicDashboards, type PublicDashboard, type PublicDashboards } from "./kinds/public-dashboards/builder.ts";
export {
  dashboardPermissions,
  folderPermissions,
  type DashboardPermissions,
  type FolderPermissions,
  type Permission,
  type PermissionLevel,
} from "./kinds/object-permissions/builder.ts";
export { serviceAccount, type ExistingServiceAccount, type ServiceAccount } from "./kinds/service-account/builder.ts";
export { team, type ExistingTeam, type Team } from "./kinds/team/builder.ts";
export type { Duration } from "./util/duration.ts";
export { env, secret, source, type EnvironmentVariable, type Secret } from "./secrets/secret.ts";
export type { SecretSource } from "./secrets/sources.ts";
export { existing } from "./kinds/existing.ts";

export { ReportSchema, type Report } from "./report/json.ts";
export { DoctorSchema, type DoctorReport } from "./report/doctor-json.ts";
export { CompareSchema, type CompareReport } from "./report/compare-schema.ts";
export { BackupSchema, type BackupReport } from "./report/backup-json.ts";
export { ImportSchema, type ImportReport } from "./report/import-json.ts";
export { LintSchema, type LintReport } from "./report/lint-json.ts";
export { UsageSchema, type UsageReport } from "./report/usage-json.ts";
export { ContactPointTestSchema, type ContactPointTestReport } from "./report/contact-point.ts";
export { AlertsSchema, type AlertsReport } from "./report/alerts-json.ts";
export { SilenceSchema, type SilenceCommandReport } from "./report/silence-json.ts";
export { CheckSchema, type CheckReport } from "./report/check-json.ts";
export { lint, type LintFinding, type LintOptions } from "./lint/api.ts";
export type { LintSettings } from "./lint/settings.ts";
export { UpgradeSchema, type UpgradeReport } from "./report/upgrade-json.ts";
export { StackCardinalitySchema, type StackCardinalityReport } from "./report/stack-cardinality-json.ts";
export { StackReportSchema, type StackReport } from "./report/stack-report-json.ts";
export { StackCheckSchema, type StackCheckReport } from "./report/stack-check-json.ts";
export { StackStatusSchema, type StackStatusReport } from "./report/stack-status-json.ts";
