import { createHash } from "node:crypto";
import { stableStringify, toJson } from "./json.ts";

/** Whether each part of a path is the name of a file or directory, so that the path stays in the directory of the manifest. */
export function isInside(path: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return path.split("/").every((part) => !["", ".", ".."].includes(part) && !/[\\\u0000-\u001F]/.test(part));
}

/** The SHA-256 of a text or a file, in hexadecimal digits. */
export function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The checksum of a manifest without its own `sha256`. */
export function checksumOf(content: object): string {
  return sha256(stableStringify(toJson(content)));
}

/** The text of a manifest. Its last property is the checksum of the others. */
export function checksummedText(manifest: object): string {
  return `${JSON.stringify({ ...manifest, sha256: checksumOf(manifest) }, undefined, 2)}\n`;
}
