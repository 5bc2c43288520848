import { EXISTING } from "./dashboard-model/datasource-uses.ts";
import type { ExistingDatasource } from "./kinds/datasource.ts";
import type { ExistingFolder } from "./kinds/folder.ts";

/**
 * Names what Grafana has and the code doesn't manage. Checked against the live Grafana before the first write: what isn't
 * there is a fault, exit 65.
 */
export const existing = {
  /** @example dashboard({ folder: existing.folder("platform"), spec }) */
  folder(uid: string): ExistingFolder {
    return { kind: "folder", uid, existing: true };
  },
  /** @example new PanelBuilder().datasource(existing.datasource("mimir", "prometheus").ref) */
  datasource(uid: string, type?: string): ExistingDatasource {
    const ref = { ...(type === undefined ? {} : { type }), uid, [EXISTING]: true };
    return { kind: "datasource", uid, existing: true, ref };
  },
};
