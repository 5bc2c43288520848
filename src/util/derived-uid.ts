import { createHash } from "node:crypto";

/** Derives a readable uid from a title, with eight digits of a hash of the title and its surroundings, such as the folder. */
export function deriveUid(title: string, surroundings: readonly string[]): string {
  const slug = slugOf(title);
  const digits = createHash("sha256")
    .update([...surroundings, title].join("\0"))
    .digest("hex")
    .slice(0, 8);
  return slug ? `${slug}-${digits}` : digits;
}

/** Whether a uid looks like one that was derived from this title. */
export function isDerivedUid(uid: string, title: string): boolean {
  const slug = slugOf(title);
  return uid.startsWith(slug && `${slug}-`) && /^[0-9a-f]{8}$/.test(uid.slice(slug ? slug.length + 1 : 0));
}

function slugOf(title: string): string {
  return title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 30)
    .replace(/-+$/, "");
}
