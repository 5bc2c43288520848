// The public API: what files of resources and configurations import.
export { defineConfig, type Config, type Environment } from "./config.ts";
export { folder, type ExistingFolder, type Folder } from "./kinds/folder.ts";
export { datasource, type Datasource, type DatasourceRef, type ExistingDatasource } from "./kinds/datasource.ts";
export { dashboard, type Dashboard, type DashboardModel } from "./kinds/dashboard.ts";
export { dashboards, type DashboardFiles } from "./dashboard-files.ts";
export { existing } from "./existing.ts";
