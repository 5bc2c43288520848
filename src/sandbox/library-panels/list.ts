import type { Context } from "hono";
import { legacyError } from "../errors.ts";
import { compareText } from "../legacy-form.ts";
import type { LibraryPanel } from "./library-panel.ts";
import { rootFolder } from "./form.ts";

/** The parameters of a list. */
export interface PanelQuery {
  readonly page: number;
  readonly perPage: number;
  readonly search: string;
  readonly descending: boolean;
  readonly types: readonly string[];
  readonly excluded: string;
  readonly folderIds: readonly number[];
  readonly folderUids: readonly string[];
}

/** Reads the parameters of a list. */
export function queryOf(c: Context): PanelQuery {
  const folderIds = listIn(c, "folderFilter").map(Number);
  const folderUids = listIn(c, "folderFilterUIDs");
  const isWrong = folderIds.some((id) => !Number.isInteger(id)) || (folderIds.length > 0 && folderUids.length > 0);
  if (isWrong) throw legacyError(500, "Failed to get library elements");
  return {
    page: positiveIn(c, "page") || 1,
    perPage: positiveIn(c, "perPage") || 100,
    search: (c.req.query("searchString") ?? "").trim() === "" ? "" : (c.req.query("searchString") ?? ""),
    descending: c.req.query("sortDirection") === "alpha-desc",
    types: listIn(c, "typeFilter"),
    excluded: (c.req.query("excludeUid") ?? "").trim(),
    folderIds,
    folderUids,
  };
}

/** A panel with its folder, as lists show it. */
export interface Listed {
  readonly panel: LibraryPanel;
  readonly folderId: number;
  readonly folderTitle: string;
}

/** The panels of one page, sorted by name, and the total count of the query. */
export function find(all: readonly Listed[], query: PanelQuery): { page: Listed[]; counted: Listed[] } {
  const sign = query.descending ? -1 : 1;
  const found = all
    .filter((one) => isMatch(one, query))
    .toSorted((a, b) => sign * compareText(a.panel.name, b.panel.name) || a.panel.id - b.panel.id);
  const start = (query.page - 1) * query.perPage;
  return {
    // A filter that names only the root does not filter panels in folders, but the count does.
    page: found.filter((one) => isInFolders(one, query, true)).slice(start, start + query.perPage),
    counted: found.filter((one) => isInFolders(one, query, false)),
  };
}

function isMatch({ panel, folderTitle }: Listed, query: PanelQuery): boolean {
  const search = query.search.toLowerCase();
  const texts = [panel.name, panel.description, ...(query.folderUids.length === 0 ? [folderTitle] : [])];
  return (
    panel.uid !== query.excluded &&
    (query.types.length === 0 || query.types.includes(panel.type)) &&
    (search === "" || texts.some((text) => text.toLowerCase().includes(search)))
  );
}

function isInFolders({ panel, folderId }: Listed, query: PanelQuery, rootIsNone: boolean): boolean {
  const { folderIds, folderUids } = query;
  if (folderIds.length === 0 && folderUids.length === 0) return true;
  if (panel.folder === "") return folderIds.includes(0) || folderUids.includes(rootFolder.uid);
  if (rootIsNone && [...folderIds, ...folderUids].every((one) => one === 0 || one === rootFolder.uid)) return true;
  return folderIds.length > 0 ? folderIds.includes(folderId) : folderUids.includes(panel.listedIn);
}

function listIn(c: Context, name: string): string[] {
  const value = c.req.query(name) ?? "";
  return value.trim() === "" ? [] : value.split(",");
}

function positiveIn(c: Context, name: string): number {
  const value = Number(c.req.query(name) ?? 0);
  return Number.isInteger(value) && value > 0 ? value : 0;
}
