import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { PlainPanel } from "../dashboard/builder.ts";
import type { ExistingFolder, Folder } from "../folder/builder.ts";

/** A reference to a library panel, by its uid: the result of `existing.libraryPanel(uid, name)`. */
export interface ExistingLibraryPanel {
  readonly kind: "library-panel";
  readonly uid: string;
  /** The name of the library panel. Empty if the code does not set it. */
  readonly name: string;
  readonly existing: true;
}

/** A panel that dashboards share. The dashboards always show the panel's current version. */
export interface LibraryPanel {
  readonly kind: "library-panel";
  /** Letters, digits, `-` and `_`, at most 40. */
  readonly uid: string;
  /** The name in the list of library panels. The title is in the model. */
  readonly name: string;
  /** The folder; `null`: the root. Without this property, a new library panel is created at the root. Grafana can't move a library panel to another folder. */
  readonly folder?: Folder | ExistingFolder | null;
  /** The built panel. Each dashboard that shows the panel sets its position there. */
  readonly model: Panel;
}

/**
 * Defines a library panel from a Foundation SDK builder, or from a plain typed object. A dashboard shows it in a panel
 * with the property `libraryPanel`.
 *
 * @example
 * export const requests = libraryPanel({ uid: "requests", name: "Requests", model: new PanelBuilder().title("Requests") });
 * dashboard({ spec: { title: "Shop", panels: [{ libraryPanel: requests, gridPos: { x: 0, y: 0, w: 12, h: 8 } }] } });
 */
export function libraryPanel(
  panel: Omit<LibraryPanel, "kind" | "model"> & { readonly model: Builder<Panel> | Panel | PlainPanel },
): LibraryPanel {
  const { model } = panel;
  return { kind: "library-panel", ...panel, model: isBuilder(model) ? model.build() : model };
}

function isBuilder(model: Builder<Panel> | Panel | PlainPanel): model is Builder<Panel> {
  return "build" in model && typeof model.build === "function";
}
