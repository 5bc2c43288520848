import { z } from "zod";
import { ask } from "../grafana/ask.ts";
import type { Client } from "../grafana/client.ts";
import { Forbidden, GrafanaError } from "../grafana/errors.ts";
import type { LabelMatcher } from "./matchers.ts";

/** Grafana's own Alertmanager. */
export const ALERTMANAGER = "/api/alertmanager/grafana/api/v2";

/** A silence in Grafana. */
export interface Silence {
  readonly id: string;
  /** `pending`: it begins in the future. */
  readonly state: "active" | "pending" | "expired";
  readonly matchers: readonly LabelMatcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

const Answer = z
  .looseObject({
    id: z.string(),
    status: z.looseObject({ state: z.enum(["active", "pending", "expired"]) }),
    matchers: z.array(
      z.looseObject({
        name: z.string(),
        value: z.string(),
        isRegex: z.boolean(),
        // Alertmanager before 0.22 had no negative matchers.
        isEqual: z.boolean().default(true),
      }),
    ),
    startsAt: z.string(),
    endsAt: z.string(),
    createdBy: z.string(),
    comment: z.string(),
  })
  .transform(({ id, status, matchers, startsAt, endsAt, createdBy, comment }): Silence => ({
    id,
    state: status.state,
    matchers: matchers.map(({ name, value, isRegex, isEqual }) => ({ name, value, isRegex, isEqual })),
    startsAt,
    endsAt,
    createdBy,
    comment,
  }));

/** All silences that the credentials can read, those that end first at the beginning. Grafana keeps expired ones for five days. */
export async function listSilences(client: Client): Promise<Silence[]> {
  const silences = await ask(client, { method: "GET", path: `${ALERTMANAGER}/silences` }, z.array(Answer));
  return silences.toSorted((a, b) => Date.parse(a.endsAt) - Date.parse(b.endsAt));
}

/** A new silence, before Grafana has given it an id. */
export type NewSilence = Omit<Silence, "id" | "state">;

/** Creates a silence, and returns its id. */
export async function createSilence(client: Client, silence: NewSilence): Promise<string> {
  const request = { method: "POST", path: `${ALERTMANAGER}/silences`, body: silence } as const;
  const { silenceID } = await ask(client, request, z.looseObject({ silenceID: z.string().min(1) }));
  return silenceID;
}

/** Ends a silence now. If the response was lost, a second request for a silence that has ended fails, and counts as done. */
export async function expireSilence(client: Client, id: string): Promise<void> {
  const path = `${ALERTMANAGER}/silence/${encodeURIComponent(id)}`;
  try {
    await ask(client, { method: "DELETE", path, repeatable: true }, z.looseObject({ message: z.string() }));
  } catch (error) {
    if (!(error instanceof GrafanaError) || error instanceof Forbidden) throw error;
    const isOver = (await ask(client, { method: "GET", path }, Ended).catch(() => undefined)) !== undefined;
    if (!isOver) throw error;
  }
}

const Ended = z.looseObject({ status: z.looseObject({ state: z.literal("expired") }) });

/** The login of the credentials: `sa-1-deploy` for a service account. */
export async function ownLogin(client: Client): Promise<string> {
  const { login } = await ask(
    client,
    { method: "GET", path: "/api/user" },
    z.looseObject({ login: z.string().min(1) }),
  );
  return login;
}
