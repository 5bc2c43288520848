import { z } from "zod";
import { changedSincePlan, createdSincePlan } from "../../engine/conflicts.ts";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { Forbidden, Rejected, unlessNotFound } from "../../grafana/errors.ts";

/** A library panel in Grafana's response. */
export const Element = z.looseObject({
  uid: z.string(),
  name: z.string(),
  /** Empty or `general` at the root. */
  folderUid: z.string().default(""),
  version: z.number(),
  model: z.record(z.string(), z.unknown()),
  meta: z
    .looseObject({ updated: z.string().optional(), updatedBy: z.looseObject({ name: z.string() }).optional() })
    .optional(),
});
export type Element = z.infer<typeof Element>;

const Answer = z.looseObject({ result: Element });
const Connections = z.looseObject({ result: z.array(z.looseObject({ connectionUid: z.string() })).nullable() });
const List = z.looseObject({ result: z.looseObject({ elements: z.array(Element) }) });

export const PATH = "/api/library-elements";

export async function listElements(client: Client): Promise<Element[]> {
  const { result } = await ask(client, { method: "GET", path: `${PATH}?perPage=100000&kind=1` }, List);
  return result.elements;
}

export async function findElement(client: Client, uid: string): Promise<Element | undefined> {
  const answer = await unlessNotFound(ask(client, { method: "GET", path: `${PATH}/${uid}` }, Answer));
  return answer?.result;
}

interface Content {
  readonly uid: string;
  readonly name: string;
  readonly model: object;
}

/** Throws `Conflict` if the uid is taken. */
export async function createElement(client: Client, content: Content, folder: string | undefined): Promise<void> {
  const body = { ...content, kind: 1, folderUid: folder ?? "" };
  try {
    await ask(client, { method: "POST", path: PATH, body }, Answer);
  } catch (error) {
    // For a uid that is taken, Grafana only returns "bad request".
    const isTaken = error instanceof Rejected && error.said?.includes("already exists");
    throw isTaken ? createdSincePlan(named(content)) : error;
  }
}

/** Throws `Conflict` if the version differs or the panel was deleted. */
export async function updateElement(client: Client, content: Content, version: string): Promise<void> {
  const body = { ...content, kind: 1, version: Number(version) };
  try {
    await ask(client, { method: "PATCH", path: `${PATH}/${content.uid}`, body }, Answer);
  } catch (error) {
    // For a missing uid, Grafana reports a missing permission.
    const isGone = error instanceof Forbidden && (await findElement(client, content.uid)) === undefined;
    throw isGone ? changedSincePlan(named(content)) : error;
  }
}

/** The uids of the dashboards that show a library panel, as far as the credentials can read them. */
export async function connectionsOf(client: Client, uid: string): Promise<string[]> {
  const answer = await unlessNotFound(ask(client, { method: "GET", path: `${PATH}/${uid}/connections` }, Connections));
  return (answer?.result ?? []).map(({ connectionUid }) => connectionUid);
}

function named({ uid }: { readonly uid: string }) {
  return { kind: "library-panel", id: uid };
}
