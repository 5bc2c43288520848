import { z } from "zod";
import { isObject } from "../../util/json.ts";
import { NamedReference, ResourceReference } from "../reference.ts";
import { holderOf } from "./entries.ts";
import type { Permission } from "./builder.ts";

const level = { permission: z.enum(["View", "Edit", "Admin"]) };
const Name = z.string().trim().min(1, "must not be empty");

/** One schema for each holder, so that a fault names its property. */
const HOLDERS = {
  role: z.strictObject({
    ...level,
    role: z.enum(["Viewer", "Editor"], "must be Viewer or Editor: an Admin has all permissions"),
  }),
  team: z.strictObject({ ...level, team: NamedReference("team") }),
  user: z.strictObject({ ...level, user: Name }),
  serviceAccount: z.strictObject({ ...level, serviceAccount: NamedReference("service-account") }),
} as const;

const Entry = z.unknown().superRefine((value, context) => {
  const found = isObject(value) ? Object.entries(HOLDERS).filter(([name]) => name in value) : [];
  const [only, ...others] = found;
  if (!only || others.length > 0) {
    const message = "must have one of role, team, user and serviceAccount";
    context.addIssue({ code: "custom", message });
    return;
  }
  for (const issue of only[1].safeParse(value).error?.issues ?? []) {
    context.addIssue({ code: "custom", path: issue.path, message: issue.message });
  }
});

const Permissions = z.array(Entry).superRefine((entries, context) => {
  const seen = new Set<string>();
  for (const [index, entry] of (entries as Permission[]).entries()) {
    const holder = holderIn(entry);
    if (holder === undefined) continue;
    if (seen.has(holder)) context.addIssue({ code: "custom", path: [index], message: `repeats ${holder}` });
    seen.add(holder);
  }
});

/** Undefined for an entry that is not valid. */
function holderIn(entry: Permission): string | undefined {
  return Entry.safeParse(entry).success ? holderOf(entry) : undefined;
}

export const FolderPermissionsSchema = z.strictObject({
  kind: z.literal("folder-permissions"),
  folder: ResourceReference("folder"),
  permissions: Permissions,
});

export const DashboardPermissionsSchema = z.strictObject({
  kind: z.literal("dashboard-permissions"),
  dashboard: ResourceReference("dashboard"),
  permissions: Permissions,
});
