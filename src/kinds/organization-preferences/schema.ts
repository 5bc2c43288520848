import { z } from "zod";
import { ResourceReference } from "../reference.ts";

/** Grafana accepts the names of the IANA database, which Node also knows. */
function isTimezone(name: string): boolean {
  if (name === "utc" || name === "browser") return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const OrganizationPreferencesSchema = z
  .strictObject({
    kind: z.literal("organization-preferences"),
    theme: z.enum(["light", "dark", "system"]).exactOptional(),
    timezone: z.string().refine(isTimezone, "must be utc, browser or a name such as Europe/Berlin").exactOptional(),
    // Grafana accepts any text.
    weekStart: z.enum(["monday", "saturday", "sunday", "browser"]).exactOptional(),
    homeDashboard: ResourceReference("dashboard").exactOptional(),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z]+)*$/, "must be a language tag such as de-DE")
      .exactOptional(),
  })
  .refine((value) => Object.keys(value).length > 1, "must have at least one preference");
