import type { Context } from "hono";
import { legacyError } from "../errors.ts";
import { readBody } from "../http.ts";
import { isObject, parseObject, text, type Json, type JsonObject } from "../json.ts";

/** The request to create or change a library panel; omitted fields are empty or undefined. */
export interface PanelCommand {
  readonly uid: string;
  readonly name: string;
  readonly kind: number;
  readonly version: number;
  readonly folderId: number;
  readonly folderUid: string | undefined;
  readonly model: Json | undefined;
}

/** Parses the body of a POST or PATCH, in which these numbers are required. */
export async function readCommand(c: Context, required: readonly ("kind" | "version")[]): Promise<PanelCommand> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim();
  if (type !== "application/json") throw badData();
  const source = await readBody(c);
  const body = source.trim() === "" || source.trim() === "null" ? {} : parseObject(source);
  if (body === undefined || required.some((field) => integerIn(body, field) === 0)) throw badData();
  return {
    uid: textIn(body, "uid"),
    name: textIn(body, "name"),
    kind: integerIn(body, "kind"),
    version: integerIn(body, "version"),
    folderId: integerIn(body, "folderId"),
    folderUid: (body["folderUid"] ?? null) === null ? undefined : textIn(body, "folderUid"),
    model: body["model"],
  };
}

/** Reads the panel's type and description from a model, and adds missing fields. Throws for an invalid model. */
export function syncedModel(
  sent: Json | undefined,
  panel: { readonly uid: string; readonly type: string; readonly description: string },
  failed: string,
): { model: JsonObject; type: string; description: string } {
  if (sent === undefined || (sent !== null && !isObject(sent))) throw legacyError(500, failed);
  const fields = sent ?? {};
  const type = fields["type"] ?? panel.type;
  const description = fields["description"] ?? panel.description;
  if (typeof type !== "string" || typeof description !== "string") throw crashed();
  return { model: withOwnUid({ ...fields, type, description }, panel.uid), type, description };
}

/** Fills in the panel's uid if the model's reference to itself is empty. */
export function withOwnUid(model: JsonObject, uid: string): JsonObject {
  const reference = model["libraryPanel"];
  if (!isObject(reference) || reference["uid"] !== "") return model;
  return { ...model, libraryPanel: { ...reference, uid } };
}

function textIn(body: JsonObject, field: string): string {
  const value = body[field] ?? "";
  if (typeof value !== "string") throw badData();
  return text(value);
}

function integerIn(body: JsonObject, field: string): number {
  const value = body[field] ?? 0;
  if (typeof value !== "number" || !Number.isInteger(value)) throw badData();
  return value;
}

/** Grafana's response after a panic in its own code. */
function crashed(): Error {
  const message = "Internal Server Error - please inspect Grafana server log for details";
  return legacyError(500, message, { error: "Server Error" });
}

function badData(): Error {
  return legacyError(400, "bad request data");
}
