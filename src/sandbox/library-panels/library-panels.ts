import type { SandboxContext } from "../context.ts";
import { legacyError } from "../errors.ts";
import type { Resource } from "../k8s/resource.ts";
import { dashboardsByPanel } from "./connections.ts";
import { LibraryPanels } from "./store.ts";

/** Loads the library panels. */
export async function openLibraryPanels(context: SandboxContext): Promise<LibraryPanels> {
  const panels = new LibraryPanels(context);
  await panels.load();
  return panels;
}

/** Registers the library panels as contents of folders. */
export function keepUsedPanels(context: SandboxContext, panels: LibraryPanels, dashboards: Resource): void {
  context.folderContents.push({
    counts: "librarypanel",
    count: (folder) => panels.inFolder(folder).length,
    keepsFolder: "newer API",
    validateClear(folder) {
      // Only SQL tables store which dashboards show a panel.
      if (context.mode === "unified") return;
      const used = dashboardsByPanel(dashboards);
      if (!panels.inFolder(folder).some(({ uid }) => used.has(uid))) return;
      throw legacyError(403, "Folder could not be deleted because it contains library elements in use");
    },
    clear: async (folder) => {
      for (const panel of panels.inFolder(folder)) await panels.remove(panel);
    },
  });
}
