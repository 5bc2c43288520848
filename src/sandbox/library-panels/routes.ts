import type { Context } from "hono";
import { callerOf, isAdmin, type Caller } from "../access/caller.ts";
import { dashboardScope } from "../access/evaluator.ts";
import type { Routes, SandboxContext } from "../context.ts";
import { legacyError } from "../errors.ts";
import { reply } from "../http.ts";
import type { JsonObject } from "../json.ts";
import type { StoredObject } from "../k8s/objects.ts";
import type { Resource } from "../k8s/resource.ts";
import { compareText, internalIdOf } from "../legacy-form.ts";
import { folderNotFound, PanelAccess, panelNotFound } from "./access.ts";
import { PanelWrites } from "./changes.ts";
import { readCommand, withOwnUid } from "./command.ts";
import { connectionId, dashboardsByPanel } from "./connections.ts";
import { authorForm, panelForm, placeOfWrite, rootFolder, type Place } from "./form.ts";
import type { LibraryPanel } from "./library-panel.ts";
import { find, queryOf, type Listed } from "./list.ts";
import type { LibraryPanels } from "./store.ts";

const path = "/api/library-elements";

/** The library panel API. */
export function libraryPanelRoutes(
  context: SandboxContext,
  panels: LibraryPanels,
  { dashboards, folders }: { dashboards: Resource; folders: Resource },
): Routes {
  const access = new PanelAccess(context.access, folders.objects);
  const writes = new PanelWrites(panels, access, folders.objects);
  // Only SQL tables store connections; with unified storage Grafana searches for them on request.
  const connected = (): Map<string, StoredObject[]> =>
    context.mode === "unified" ? new Map<string, StoredObject[]>() : dashboardsByPanel(dashboards);
  const countOf = ({ uid }: LibraryPanel): number => connected().get(uid)?.length ?? 0;
  const single = (c: Context, panel: LibraryPanel): JsonObject => {
    const place = placeOf(folders, panel, countOf(panel));
    if (!access.canReadFolder(callerOf(c), panel.folder)) throw folderNotFound();
    return panelForm(panel, place, withOwnUid(panel.model, panel.uid));
  };
  return (app) => {
    app.get(path, (c) => {
      const caller = callerOf(c);
      access.require(caller, "read");
      const query = queryOf(c);
      const listed = panels.all().map((panel) => listedOf(folders, panel));
      const seesFolder = ({ panel }: Listed): boolean =>
        isAdmin(caller) || panel.folder === "" || access.canReadFolder(caller, panel.listedIn);
      const { page, counted } = find(listed, query);
      const shown = page.filter((one) => seesFolder(one) && access.can(caller, "read", one.panel));
      const counts = connected();
      const elements = shown.map(({ panel, folderId, folderTitle }) =>
        panelForm(panel, {
          folderId,
          folderUid: panel.folder === "" ? "" : panel.listedIn,
          folderName: folderTitle === "" ? rootFolder.title : folderTitle,
          connectedDashboards: counts.get(panel.uid)?.length ?? 0,
        }),
      );
      const totalCount = counted.filter(seesFolder).length;
      return reply(200, { result: { totalCount, elements, page: query.page, perPage: query.perPage } });
    });
    app.post(path, async (c) => {
      const caller = callerOf(c);
      access.require(caller, "create");
      const panel = await writes.create(await readCommand(c, ["kind"]), caller);
      return reply(200, { result: panelForm(panel, placeOfWrite(folders.objects.get(panel.folder), 0)) });
    });
    app.get(`${path}/name/:name`, (c) => {
      const named = panels
        .all()
        .filter(({ name }) => name === c.req.param("name"))
        .toSorted((a, b) => compareText(a.uid, b.uid));
      if (named.length === 0) throw panelNotFound();
      const forms = named.map((panel) => ({ panel, form: single(c, panel) }));
      const seen = forms.filter(({ panel }) => access.can(callerOf(c), "read", panel));
      return reply(200, { result: seen.map(({ form }) => form) });
    });
    app.get(`${path}/:uid`, (c) => {
      const caller = callerOf(c);
      access.require(caller, "read");
      const panel = panels.get(c.req.param("uid"));
      if (panel === undefined) throw panelNotFound();
      const form = single(c, panel);
      if (!access.can(caller, "read", panel)) {
        throw legacyError(403, "insufficient permissions for getting library panel");
      }
      return reply(200, { result: form });
    });
    app.patch(`${path}/:uid`, async (c) => {
      const caller = callerOf(c);
      const panel = access.find(caller, "write", panels, c.req.param("uid"));
      const command = await readCommand(c, ["kind", "version"]);
      const { answered, folder } = await writes.change(panel.uid, command, caller);
      return reply(200, { result: panelForm(answered, placeOfWrite(folder, countOf(panel))) });
    });
    app.delete(`${path}/:uid`, async (c) => {
      const panel = access.find(callerOf(c), "delete", panels, c.req.param("uid"));
      if (countOf(panel) > 0) throw legacyError(403, "the library element has connections");
      await panels.write(async () => panels.remove(panel));
      return reply(200, { id: panel.id, message: "Library element deleted" });
    });
    app.get(`${path}/:uid/connections`, (c) => {
      const caller = callerOf(c);
      const panel = access.find(caller, "read", panels, c.req.param("uid"));
      const users = dashboardsByPanel(dashboards).get(panel.uid) ?? [];
      const seen = users.filter((dashboard) => seesDashboard(context, caller, dashboard));
      return reply(200, { result: seen.map((dashboard) => connectionForm(panel, dashboard)) });
    });
  };
}

function seesDashboard({ access }: SandboxContext, caller: Caller, { metadata }: StoredObject): boolean {
  return access.can(caller, "dashboards:read", dashboardScope(metadata.name));
}

function connectionForm(panel: LibraryPanel, dashboard: StoredObject): JsonObject {
  const { id, created, createdBy } = panel;
  return {
    id: connectionId(id, dashboard.metadata.name, created),
    kind: 1,
    elementId: id,
    connectionId: internalIdOf(dashboard),
    connectionUid: dashboard.metadata.name,
    created,
    createdBy: authorForm(createdBy),
  };
}

/** A panel's folder, as reads of a single panel show it. */
function placeOf(folders: Resource, { folder }: LibraryPanel, connectedDashboards: number): Place {
  if (folder === "") {
    return { folderId: 0, folderUid: rootFolder.uid, folderName: rootFolder.title, connectedDashboards };
  }
  const found = folders.objects.get(folder);
  if (found === undefined) throw folderNotFound();
  return placeOfWrite(found, connectedDashboards);
}

function listedOf({ objects }: Resource, panel: LibraryPanel): Listed {
  const folder = objects.get(panel.folder);
  return {
    panel,
    folderId: folder === undefined ? 0 : internalIdOf(folder),
    folderTitle: panel.folder === "" ? "" : (objects.get(panel.listedIn)?.title ?? ""),
  };
}
