import type { Context } from "hono";
import { randomBytes } from "node:crypto";
import type { Routes, SandboxContext } from "./context.ts";
import { ApiError } from "./errors.ts";
import type { JsonFiles } from "./files.ts";
import { readObject, reply } from "./http.ts";
import { text, type JsonObject } from "./json.ts";
import { shortId } from "./k8s/metadata.ts";
import type { Resource } from "./k8s/resource.ts";
import { callerOf } from "./access/caller.ts";
import { slugOf } from "./slug.ts";

/** Public dashboards, by the uid of the dashboard. The sandbox doesn't serve their pages. */
export class PublicDashboards {
  readonly #files: JsonFiles;
  readonly #byDashboard = new Map<string, JsonObject>();

  constructor(context: SandboxContext) {
    // The link is a secret.
    this.#files = context.files("public-dashboards", 0o600);
  }

  async load(): Promise<void> {
    for await (const { value } of this.#files.load()) this.#byDashboard.set(text(value["dashboardUid"]), value);
  }

  all(): JsonObject[] {
    return [...this.#byDashboard.values()];
  }

  get(dashboard: string): JsonObject | undefined {
    return this.#byDashboard.get(dashboard);
  }

  async store(one: JsonObject): Promise<JsonObject> {
    const dashboard = text(one["dashboardUid"]);
    this.#byDashboard.set(dashboard, one);
    await this.#files.write(dashboard, JSON.stringify(one));
    return one;
  }

  async remove(dashboard: string): Promise<void> {
    this.#byDashboard.delete(dashboard);
    await this.#files.remove(dashboard);
  }
}

export async function openPublicDashboards(context: SandboxContext): Promise<PublicDashboards> {
  const all = new PublicDashboards(context);
  await all.load();
  return all;
}

export function publicDashboardRoutes(stored: PublicDashboards, dashboards: Resource): Routes {
  const path = "/api/dashboards/uid/:uid/public-dashboards";
  const uidOf = (c: Context): string => c.req.param("uid") ?? "";
  // They are deleted with their dashboard.
  const get = (dashboard: string): JsonObject | undefined =>
    dashboards.objects.get(dashboard) === undefined ? undefined : stored.get(dashboard);
  const find = (c: Context): JsonObject => {
    const found = get(uidOf(c));
    const wanted = c.req.param("public");
    if (found === undefined || (wanted !== undefined && found["uid"] !== wanted)) throw failure(404, "notFound");
    return found;
  };
  return (app) => {
    app.get("/api/dashboards/public-dashboards", (c) => {
      const [perPage, page] = [numberIn(c, "perpage", 1000), numberIn(c, "page", 1)];
      const all = stored.all().filter((one) => get(text(one["dashboardUid"])) !== undefined);
      const shown = all
        .slice((page - 1) * perPage, page * perPage)
        .map(({ uid, accessToken, dashboardUid, isEnabled }) => {
          const title = dashboards.objects.get(text(dashboardUid))?.title ?? "";
          return { uid, accessToken, title, dashboardUid, isEnabled, slug: slugOf(title) };
        });
      return reply(200, { publicDashboards: shown, totalCount: all.length, page, perPage });
    });
    app.get(path, (c) => reply(200, find(c)));
    app.post(path, async (c) => {
      const dashboardUid = uidOf(c);
      if (dashboards.objects.get(dashboardUid) === undefined) throw failure(404, "dashboardNotFound");
      if (get(dashboardUid) !== undefined) throw failure(400, "dashboardIsPublic", "Dashboard is already public");
      const sent = await readObject(c);
      const { id } = callerOf(c);
      const now = new Date().toISOString();
      const created = {
        uid: shortId(),
        dashboardUid,
        accessToken: randomBytes(16).toString("hex"),
        createdBy: id,
        updatedBy: id,
        createdAt: now,
        updatedAt: now,
        timeSelectionEnabled: sent["timeSelectionEnabled"] === true,
        isEnabled: sent["isEnabled"] === true,
        annotationsEnabled: sent["annotationsEnabled"] === true,
        share: text(sent["share"]) || "public",
      };
      return reply(200, await stored.store(created));
    });
    app.patch(`${path}/:public`, async (c) => {
      const found = find(c);
      const sent = await readObject(c);
      const flags = ["timeSelectionEnabled", "isEnabled", "annotationsEnabled"].flatMap((name) =>
        typeof sent[name] === "boolean" ? [[name, sent[name]] as const] : [],
      );
      const changed = { ...found, ...Object.fromEntries(flags), updatedAt: new Date().toISOString() };
      return reply(200, await stored.store(changed));
    });
    app.delete(`${path}/:public`, async (c) => {
      await stored.remove(text(find(c)["dashboardUid"]));
      return new Response(null, { status: 200 });
    });
  };
}

function numberIn(c: Context, name: string, otherwise: number): number {
  const number = Number(c.req.query(name));
  return Number.isInteger(number) && number > 0 ? number : otherwise;
}

function failure(status: number, id: string, message = "Dashboard not found"): ApiError {
  return new ApiError(status, { statusCode: status, messageId: `publicdashboards.${id}`, message }, message);
}
