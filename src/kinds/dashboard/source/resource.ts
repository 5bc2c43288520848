import type { SourceContext } from "../../../engine/source.ts";
import { call, objectOf, valueOf, type Expression } from "../../../import/code/expression.ts";
import type { JsonObject } from "../../../util/json.ts";
import { dashboard, type AnyDashboard } from "../builder.ts";
import type { LiveDashboard } from "../live-dashboard.ts";
import { desiredForm } from "../model-to-send.ts";
import { referencesOf } from "../references.ts";

/** The canonical form of the code, as a plan compares it. */
export function formOf(resource: AnyDashboard, live: LiveDashboard, { project }: SourceContext): JsonObject {
  const references = referencesOf(resource, project);
  const desired = { kind: "dashboard", id: live.id, title: live.title, resource, project, references };
  return desiredForm({ ...desired, source: { file: "", export: "" } }, live);
}

/** `dashboard({ ... })`. `uses`: a resource that refers to the same datasources and library panels. */
export function resourceOf(
  live: LiveDashboard,
  { uid, spec, uses }: { readonly uid?: string; readonly spec: Expression; readonly uses: AnyDashboard },
  context: SourceContext,
): Expression {
  const parts = referencesOf(uses, context.project).filter(({ kind }) => kind !== "folder");
  // The code must export what a body refers to by its uid.
  for (const { kind, id } of parts) context.refer(kind, id);
  const isMissing = parts.some(({ kind, id }) => !context.find(kind, id));
  return call(
    context.own("dashboard", dashboard),
    objectOf({
      uid: uid === undefined ? undefined : valueOf(uid),
      folder: live.parent === undefined ? valueOf(null) : context.refer("folder", live.parent),
      allowMissing: isMissing ? valueOf(true) : undefined,
      spec,
    }),
  );
}
