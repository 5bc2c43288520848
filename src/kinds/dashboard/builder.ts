import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Dashboard as SdkDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard as SdkDashboardV2 } from "@grafana/grafana-foundation-sdk/dashboardv2";
import type { Dashboard as SdkDashboardV2beta1 } from "@grafana/grafana-foundation-sdk/dashboardv2beta1";
import type { ExistingFolder, Folder } from "../folder/builder.ts";
import type { LibraryPanelUse } from "./library-panels.ts";
import { isSchemaV2 } from "./v2/spec.ts";

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

/** A dashboard's spec in schema v2, as typed by the SDK's modules `dashboardv2` and `dashboardv2beta1`. */
export type DashboardV2Model = SdkDashboardV2 | SdkDashboardV2beta1;

/** An element of a hand-written dashboard in schema v2. */
export interface PlainElement {
  readonly kind: "Panel" | "LibraryPanel";
  readonly spec: { readonly title?: string; readonly [property: string]: unknown };
}

/** A layout of a hand-written dashboard in schema v2. */
export interface PlainLayout {
  readonly kind: "GridLayout" | "AutoGridLayout" | "RowsLayout" | "TabsLayout";
  readonly spec: { readonly [property: string]: unknown };
}

/** A hand-written dashboard in schema v2, without the enums and defaults of the SDK's types. */
export interface PlainDashboardV2 {
  readonly title: string;
  /** The elements by their names, which the layout uses. */
  readonly elements: Readonly<Record<string, PlainElement>>;
  readonly layout: PlainLayout;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly cursorSync?: "Off" | "Crosshair" | "Tooltip";
  readonly editable?: boolean;
  readonly liveNow?: boolean;
  readonly preload?: boolean;
  readonly links?: readonly object[];
  readonly annotations?: readonly object[];
  readonly variables?: readonly object[];
  readonly timeSettings?: Partial<SdkDashboardV2["timeSettings"]>;
  readonly preferences?: object;
}

/** A reference to a dashboard, by its uid: the result of `existing.dashboard(uid)`. */
export interface ExistingDashboard {
  readonly kind: "dashboard";
  readonly uid: string;
  readonly existing: true;
}

interface Placed {
  readonly kind: "dashboard";
  /** The folder; `null`: the root. Without this property, a new dashboard is created at the root, and an existing one stays where it is. */
  readonly folder?: Folder | ExistingFolder | null;
  /** `true`: if neither the code nor Grafana has a datasource or library panel that the dashboard uses, the plan has a note. Default: this is an error. */
  readonly allowMissing?: boolean;
  /** Whether the dashboard is from a JSON or YAML file. For a datasource that neither the code nor Grafana has, the plan then has a note, not an error. */
  readonly plain?: boolean;
}

/** A dashboard in the classic schema, in a folder or at the root. */
export interface Dashboard extends Placed {
  readonly schema?: never;
  /** Letters, digits, `-` and `_`, at most 40. Default: the uid in `spec` or, if there is none, one that is derived from project, folder and title. */
  readonly uid?: string;
  /** The built model. */
  readonly spec: DashboardModel;
}

/** A dashboard in schema v2, in a folder or at the root. */
export interface DashboardV2 extends Placed {
  readonly schema: "v2";
  /** Letters, digits, `-` and `_`, at most 40. Default: derived from project, folder and title. */
  readonly uid?: string;
  /** The built spec. */
  readonly spec: DashboardV2Model;
}

export type AnyDashboard = Dashboard | DashboardV2;

interface Options {
  readonly uid?: string;
  readonly folder?: Folder | ExistingFolder | null;
  /** `true`: if neither the code nor Grafana has a datasource or library panel that the dashboard uses, the plan has a note. Default: this is an error. */
  readonly allowMissing?: boolean;
}

interface OptionsV2 extends Options {
  readonly spec: Builder<SdkDashboardV2> | Builder<SdkDashboardV2beta1> | DashboardV2Model | PlainDashboardV2;
}

interface ClassicOptions extends Options {
  readonly spec: Builder<SdkDashboard> | DashboardModel | PlainDashboard;
}

/**
 * Defines a dashboard from a Foundation SDK builder, or from a plain typed object. It has the schema of the builder: v2 with
 * the SDK's modules `dashboardv2` and `dashboardv2beta1`, and classic with `dashboard`. An object is in schema v2 if it has
 * `elements` and `layout`.
 *
 * @example export default dashboard({ folder: toolboxai, spec: new DashboardBuilder("FastAPI").uid("fastapi") });
 */
export function dashboard(dashboard: OptionsV2): DashboardV2;
export function dashboard(dashboard: ClassicOptions): Dashboard;
export function dashboard({ spec: given, ...rest }: OptionsV2 | ClassicOptions): AnyDashboard {
  const spec: object = isBuilder(given) ? given.build() : given;
  return isSchemaV2(spec)
    ? { kind: "dashboard", ...rest, schema: "v2", spec: spec as DashboardV2Model }
    : { kind: "dashboard", ...rest, spec };
}

function isBuilder(spec: object): spec is { build: () => object } {
  return "build" in spec && typeof spec.build === "function";
}
