import { isObject, sortedJson, text, type Json, type JsonObject } from "../json.ts";

/** The author of a panel: a user or a service account. */
export interface Author {
  readonly id: number;
  readonly login: string;
}

/** A library panel, as in Grafana's table. */
export interface LibraryPanel {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  /** Uid of its folder, "" for the root: permissions and reads of one panel use it. */
  readonly folder: string;
  /** Uid of the folder that it was created in: lists and deletions of folders use it, since a move doesn't change it. */
  readonly listedIn: string;
  readonly type: string;
  readonly description: string;
  readonly model: JsonObject;
  readonly version: number;
  readonly created: string;
  readonly createdBy: Author;
  readonly updated: string;
  readonly updatedBy: Author;
}

/** Parses a panel from a file; undefined if the file has none. */
export function panelFromFile(value: JsonObject): LibraryPanel | undefined {
  const [id, uid] = [numberOf(value["id"]), text(value["uid"])];
  if (id === 0 || uid === "") return undefined;
  return {
    id,
    uid,
    name: text(value["name"]),
    folder: text(value["folder"]),
    listedIn: text(value["listedIn"]),
    type: text(value["type"]),
    description: text(value["description"]),
    model: isObject(value["model"]) ? value["model"] : {},
    version: numberOf(value["version"]),
    created: text(value["created"]),
    createdBy: authorOf(value["createdBy"]),
    updated: text(value["updated"]),
    updatedBy: authorOf(value["updatedBy"]),
  };
}

/** The panel in the form of its file. */
export function panelFile({ model, ...row }: LibraryPanel): string {
  return `${JSON.stringify(row).slice(0, -1)},"model":${sortedJson(model)}}`;
}

/** The number, or 0 for any other value. */
export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function authorOf(value: Json | undefined): Author {
  return isObject(value) ? { id: numberOf(value["id"]), login: text(value["login"]) } : { id: 0, login: "" };
}
