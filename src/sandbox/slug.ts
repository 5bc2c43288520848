import { createHash } from "node:crypto";

/** The slug of a title. */
export function slugOf(title: string): string {
  const slug = title
    .trim()
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll("&", "and")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  if (slug !== "" && slug.length <= 50) return slug;
  return createHash("sha1").update(slug).digest("hex").slice(0, 7);
}

export function folderUrl(uid: string, title: string): string {
  return `/dashboards/f/${uid}/${slugOf(title)}`;
}

export function dashboardUrl(uid: string, title: string): string {
  return `/d/${uid}/${slugOf(title)}`;
}
