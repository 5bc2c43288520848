import { z } from "zod";
import { isObject, type JsonObject } from "../../util/json.ts";
import { Uid } from "../reference.ts";
import type { PlaylistItem } from "./builder.ts";

const Item = z.custom<PlaylistItem>(
  (value) => isObject(value) && (value["kind"] === "dashboard" || isTag(value)),
  'expected a dashboard object, or the tag of dashboards, such as { tag: "production" }; export a dashboard with dashboard({...}), or refer to an existing one with existing.dashboard(...)',
);

function isTag({ tag, ...rest }: JsonObject): boolean {
  return typeof tag === "string" && tag.trim() !== "" && Object.keys(rest).length === 0;
}

export const PlaylistSchema = z.strictObject({
  kind: z.literal("playlist"),
  title: z.string().trim().min(1, "must not be empty"),
  uid: Uid.exactOptional(),
  // Grafana accepts any text, and reads only the first number of `1h30m`.
  interval: z.string().regex(/^[1-9]\d*[smhd]$/, "must be a number above zero with a unit, such as 30s, 5m or 1h"),
  items: z.array(Item).min(1, "must contain at least one item: a dashboard or a tag"),
});
