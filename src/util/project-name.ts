/** Makes a project name from the name of a directory. It must also be valid in uids. */
export function projectName(directory: string): string {
  const name = directory
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 24)
    .replaceAll(/^-+|-+$/g, "");
  return name || "monitoring";
}
