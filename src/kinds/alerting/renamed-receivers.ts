import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { equal, isObject, type Json, type JsonObject } from "../../util/json.ts";
import { receiverNames } from "./receivers.ts";

/**
 * Grafana updates all references to a contact point when the last of its integrations is renamed. Whether this is the only
 * change between a plan and a write: everything is equal except references to receivers that no longer exist.
 */
export async function onlyRenamed({ grafana }: KindContext, before: Json, now: Json): Promise<boolean> {
  const former = new Set<string>();
  if (!equalBut(before, now, former)) return false;
  if (former.size === 0) return true;
  const names = (await receiverNames(grafana.client)) ?? (await listedNames(grafana.client));
  return [...former].every((name) => !names.has(name));
}

async function listedNames(client: Client): Promise<ReadonlySet<string>> {
  const request = { method: "GET", path: "/api/v1/provisioning/contact-points" } as const;
  const points = await ask(client, request, z.array(z.looseObject({ name: z.string() })).nullable());
  return new Set(points?.map(({ name }) => name));
}

/** Whether two values are equal except for receivers, whose former names are collected. */
function equalBut(before: Json | undefined, now: Json | undefined, former: Set<string>, key = ""): boolean {
  if (key === "receiver" && typeof before === "string" && typeof now === "string") {
    if (before !== now) former.add(before);
    return true;
  }
  if (Array.isArray(before) && Array.isArray(now)) {
    return before.length === now.length && before.every((item, index) => equalBut(item, now[index], former));
  }
  if (!isObject(before) || !isObject(now)) return equal(before, now);
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(now).length &&
    keys.every((name) => name in now && equalBut(before[name], now[name], former, name))
  );
}

/** The settings of a route, or of a rule's notifications, with renamed receivers. */
export function withReceivers(settings: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const { receiver, routes } = settings;
  return {
    ...settings,
    ...(typeof receiver === "string" ? { receiver: names.get(receiver) ?? receiver } : {}),
    ...(Array.isArray(routes)
      ? { routes: routes.map((route) => (isObject(route) ? withReceivers(route, names) : route)) }
      : {}),
  };
}
