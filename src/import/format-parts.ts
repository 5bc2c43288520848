import { randomUUID } from "node:crypto";

/** The characters of formatted parts that are kept. */
const KEPT = 2_000_000;

/**
 * Formats files that consist of statements with empty lines between them. A statement that several files have, such as a
 * panel of copied dashboards, is formatted once.
 */
export function partsFormatter(
  format: (text: string) => Promise<string>,
): (parts: readonly string[]) => Promise<string> {
  const known = new Map<string, string>();
  let size = 0;
  const keep = (part: string, formatted: string): void => {
    known.set(part, formatted);
    size += part.length + formatted.length;
    for (const [first, text] of known) {
      if (size <= KEPT) return;
      known.delete(first);
      size -= first.length + text.length;
    }
  };
  // No text from Grafana contains it.
  const mark = `// ${randomUUID()}`;
  const border = new RegExp(`(?:\\r?\\n)+${mark}(?:\\r?\\n)+`);

  return async (parts) => {
    const found = new Map(parts.map((part) => [part, known.get(part)]));
    const missing = [...found].flatMap(([part, text]) => (text === undefined ? [part] : []));
    let end = "\n";
    if (missing.length > 0) {
      const text = await format(`${missing.join(`\n\n${mark}\n\n`)}\n`);
      const pieces = text.split(border);
      if (pieces.length !== missing.length) return format(`${parts.join("\n\n")}\n`);
      if (text.endsWith("\r\n")) end = "\r\n";
      for (const [index, part] of missing.entries()) found.set(part, (pieces[index] ?? "").trimEnd());
    }
    for (const [part, text = ""] of found) {
      // The part that was not used for the longest time is the first one.
      if (known.delete(part)) known.set(part, text);
      else keep(part, text);
    }
    return parts.map((part) => `${found.get(part) ?? ""}${end}`).join(end);
  };
}
