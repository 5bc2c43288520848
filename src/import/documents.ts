import { stringify } from "yaml";

/** How objects are written: as code, or as documents if the tool loads documents of their kind. */
export type Format = "code" | "json" | "yaml";

export function documentText(document: object, format: Format): string {
  return format === "yaml" ? stringify(document, { lineWidth: 0 }) : `${JSON.stringify(document, null, 2)}\n`;
}
