import { z } from "zod";
import { createdSincePlan } from "../../engine/conflicts.ts";
import type { ChecksFacet, RollbackFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import { Nothing } from "../../grafana/ask.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import { readOr } from "./alertmanager.ts";
import {
  provenanceHeaders,
  provenanceLimits,
  provenanceObstacle,
  removalHeaders,
  restoreHeaders,
  withoutProvenance,
} from "./provenance.ts";
import { provisionedObject, type Provisioned } from "./provisioned.ts";
import { provisioningApi, type ProvisioningApi } from "./provisioning-api.ts";

/** The fields of a response besides the content of the object. */
export const NAMED = {
  name: z.string(),
  version: z.string().default(""),
  provenance: z.string().default(""),
};

interface NamedAnswer {
  readonly name: string;
  readonly version: string;
  readonly provenance: string;
}

export interface NamedObject<Content> extends LiveObject, Provisioned {
  readonly content: Content;
}

/** The differences between such kinds. */
interface NamedKind<Answer, Content> {
  readonly kind: string;
  /** `a mute timing` */
  readonly what: string;
  /** `/api/v1/provisioning/mute-timings` */
  readonly collection: string;
  readonly answer: z.ZodType<Answer>;
  readonly contentOf: (answer: Answer) => Content;
  /** The body of a write, except for the version. */
  readonly bodyOf: (name: string, content: Content) => object;
  /** The request that creates an object. A PUT would replace an existing one. */
  readonly createdBy: "POST" | "PUT";
}

/** The members that such kinds share. */
interface NamedObjects<Answer, Content> {
  readonly api: ProvisioningApi<Answer>;
  readonly list: (context: KindContext) => Promise<NamedObject<Content>[]>;
  readonly find: (context: KindContext, name: string) => Promise<NamedObject<Content> | undefined>;
  readonly write: (context: KindContext, write: NamedWrite<Content>, content: Content) => Promise<void>;
  readonly remove: (context: KindContext, live: NamedObject<Content>) => Promise<void>;
  readonly rollback: RollbackFacet<NamedObject<Content>>;
  readonly checks: ChecksFacet<object, NamedObject<Content>>;
}

type NamedWrite<Content> = Write<object, NamedObject<Content>>;

/** Kinds whose objects have a name and a version in the provisioning API: notification templates and mute timings. */
export function namedObjects<Answer extends NamedAnswer, Content extends object>({
  kind,
  what,
  collection,
  answer,
  contentOf,
  bodyOf,
  createdBy,
}: NamedKind<Answer, Content>): NamedObjects<Answer, Content> {
  const api = provisioningApi(collection, { object: answer, replaced: answer, removed: Nothing });

  const liveOf = (found: Answer, context: KindContext): NamedObject<Content> => {
    const { name: id, version, provenance } = found;
    return { ...provisionedObject(context, { kind, id, version, provenance }), content: contentOf(found) };
  };

  const find = async (context: KindContext, name: string) => {
    const { client } = context.grafana;
    const found = await readOr(client, undefined, () => unlessNotFound(api.read(client, name)));
    return found && liveOf(found, context);
  };

  const save = async (context: KindContext, { id, live, content, headers }: Saving<Content>) => {
    // Without a version, a PUT replaces any object. A POST of an existing name returns only "bad request".
    if (!live && (await find(context, id))) throw createdSincePlan({ kind, id });
    const { client } = context.grafana;
    const body = { ...bodyOf(id, content), ...(live ? { version: live.version } : {}) };
    if (live || createdBy === "PUT") await api.replace(client, { name: id, body, headers });
    else await api.create(client, { body, headers });
  };

  return {
    api,
    list: async (context) => {
      const found = await api.list(context.grafana.client);
      return found.map((one) => liveOf(one, context));
    },
    find,
    write: (context, { desired: { id }, live }, content) =>
      save(context, { id, live, content, headers: provenanceHeaders(context, live) }),
    remove: async ({ grafana }, live) => {
      const { id: name, version } = live;
      await unlessNotFound(api.remove(grafana.client, { name, version, headers: removalHeaders(live) }));
    },
    rollback: {
      snapshot: ({ id, content, provenance }) => ({ name: id, ...content, provenance }),
      restoreSnapshot: (context, snapshot) => liveOf(answer.parse(snapshot), context),
      content: withoutProvenance,
      limits: (restore) => provenanceLimits(what, restore),
      restore: (context, { before, live }) =>
        save(context, { id: before.id, live, content: before.content, headers: restoreHeaders(before, live) }),
    },
    checks: { obstacle: (_desired, live) => provenanceObstacle(what, live) },
  };
}

interface Saving<Content> {
  readonly id: string;
  readonly live: NamedObject<Content> | undefined;
  readonly content: Content;
  readonly headers: Record<string, string>;
}
