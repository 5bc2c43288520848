import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Dashboard as SdkDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { ExistingFolder, Folder } from "../folder/builder.ts";
import type { LibraryPanelUse } from "./library-panels.ts";

/** A dashboard's JSON in the classic schema, as typed by the SDK. Omitted properties have Grafana's defaults. */
export type DashboardModel = Partial<SdkDashboard>;

/** A hand-written panel: common properties are typed, the plugin's own are not. */
export interface PlainPanel {
  readonly type: string;
  readonly title?: string;
  readonly [property: string]: unknown;
}

/** A hand-written dashboard, without the enums and defaults of the SDK's types. */
export type PlainDashboard = Omit<
  DashboardModel,
  "panels" | "templating" | "annotations" | "links" | "graphTooltip"
> & {
  readonly panels?: readonly (PlainPanel | LibraryPanelUse)[];
  readonly templating?: { readonly list?: readonly object[] };
  readonly annotations?: { readonly list?: readonly object[] };
  readonly links?: readonly object[];
  /** 0: none, 1: shared crosshair, 2: shared crosshair and tooltip. */
  readonly graphTooltip?: number;
};

/** A reference to a dashboard, by its uid: the result of `existing.dashboard(uid)`. */
export interface ExistingDashboard {
  readonly kind: "dashboard";
  readonly uid: string;
  readonly existing: true;
}

/** A dashboard, in a folder or at the root. */
export interface Dashboard {
  readonly kind: "dashboard";
  /** Letters, digits, `-` and `_`, at most 40. Default: the model's uid, or else derived from project, folder and title. */
  readonly uid?: string;
  /** `null`: the root. Without it, a new dashboard is created at the root, and an existing one stays where it is. */
  readonly folder?: Folder | ExistingFolder | null;
  /** The built model. */
  readonly spec: DashboardModel;
  /** Whether it is from a JSON or YAML file, for which an undefined datasource is only a warning. */
  readonly plain?: boolean;
}

/**
 * Defines a dashboard from a Foundation SDK builder, or from a plain typed object.
 *
 * @example export default dashboard({ folder: toolboxai, spec: new DashboardBuilder("FastAPI").uid("fastapi") });
 */
export function dashboard(dashboard: {
  readonly uid?: string;
  readonly folder?: Folder | ExistingFolder | null;
  readonly spec: Builder<SdkDashboard> | DashboardModel | PlainDashboard;
}): Dashboard {
  const { spec } = dashboard;
  return { kind: "dashboard", ...dashboard, spec: isBuilder(spec) ? spec.build() : (spec as DashboardModel) };
}

function isBuilder(spec: Builder<SdkDashboard> | DashboardModel | PlainDashboard): spec is Builder<SdkDashboard> {
  return "build" in spec && typeof spec.build === "function";
}
