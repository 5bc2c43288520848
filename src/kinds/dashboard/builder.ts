import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Dashboard as SdkDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { ExistingFolder, Folder } from "../folder/builder.ts";
import type { LibraryPanelUse } from "./library-panels.ts";

/** A dashboard's JSON in the classic schema, as the SDK types it; what is left out is what Grafana takes by default. */
export type DashboardModel = Partial<SdkDashboard>;

/** A panel written by hand: its common properties are known, the plugin's own are whatever they are. */
export interface PlainPanel {
  readonly type: string;
  readonly title?: string;
  readonly [property: string]: unknown;
}

/** A dashboard written by hand, where the SDK's types ask for its enums and for what its builders fill in. */
export type PlainDashboard = Omit<
  DashboardModel,
  "panels" | "templating" | "annotations" | "links" | "graphTooltip"
> & {
  readonly panels?: readonly (PlainPanel | LibraryPanelUse)[];
  readonly templating?: { readonly list?: readonly object[] };
  readonly annotations?: { readonly list?: readonly object[] };
  readonly links?: readonly object[];
  /** 0: none, 1: a shared crosshair, 2: a shared tooltip, too. */
  readonly graphTooltip?: number;
};

/** A dashboard by its uid, which Grafana or a file of JSON has: made by `existing.dashboard(uid)`. */
export interface ExistingDashboard {
  readonly kind: "dashboard";
  readonly uid: string;
  readonly existing: true;
}

/** A dashboard, in a folder or at the root. */
export interface Dashboard {
  readonly kind: "dashboard";
  /** Letters, digits, `-` and `_`, 40 at most. Default: the model's own, else derived from project, folder and title. */
  readonly uid?: string;
  readonly folder?: Folder | ExistingFolder;
  /** The built model. */
  readonly spec: DashboardModel;
  /** Read from a file of JSON or YAML: a datasource that nothing declares is a warning there, and a fault in TypeScript. */
  readonly plain?: boolean;
}

/**
 * Declares a dashboard from a Foundation SDK builder, or from a plain typed object.
 *
 * @example export default dashboard({ folder: toolboxai, spec: new DashboardBuilder("FastAPI").uid("fastapi") });
 */
export function dashboard(dashboard: {
  readonly uid?: string;
  readonly folder?: Folder | ExistingFolder;
  readonly spec: Builder<SdkDashboard> | DashboardModel | PlainDashboard;
}): Dashboard {
  const { spec } = dashboard;
  return { kind: "dashboard", ...dashboard, spec: isBuilder(spec) ? spec.build() : (spec as DashboardModel) };
}

function isBuilder(spec: Builder<SdkDashboard> | DashboardModel | PlainDashboard): spec is Builder<SdkDashboard> {
  return "build" in spec && typeof spec.build === "function";
}
