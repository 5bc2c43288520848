import { maskedText } from "../secrets/mask.ts";

/** Properties of JSON lines that have the message. */
const MESSAGE = ["msg", "message", "error", "err", "event", "body", "log"];
const MAX_LENGTH = 200;

/** What a line says, without what differs between lines of the same kind: times, numbers, ids, and values that can be secret. */
export function messageOf(line: string): string {
  const text = (inJson(line) ?? inLogfmt(line) ?? line).replaceAll(/\s+/g, " ").trim();
  const plain = maskedText(text)
    .replaceAll(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?/g, "…")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "…")
    .replaceAll(/\b(?=[A-Za-z0-9+/_-]*\d)[A-Za-z0-9+/_-]{16,}={0,2}/g, "…")
    .replaceAll(/\b(0x[0-9a-f]+|\d+([.:]\d+)*)/gi, "#");
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH - 1)}…` : plain;
}

function inJson(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const own = new Map(Object.entries(parsed));
    const name = MESSAGE.find((one) => typeof own.get(one) === "string" && own.get(one) !== "");
    return name === undefined ? undefined : String(own.get(name));
  } catch {
    return undefined;
  }
}

/** `level=error msg="can't connect" err=EOF` */
function inLogfmt(line: string): string | undefined {
  const found = /(?:^|\s)msg=(?:"((?:\\.|[^"\\])*)"|(\S+))/.exec(line);
  if (!found) return undefined;
  const error = /(?:^|\s)(?:err|error)=(?:"((?:\\.|[^"\\])*)"|(\S+))/.exec(line);
  const text = (match: RegExpExecArray) => (match[1] ?? match[2] ?? "").replaceAll(/\\(.)/g, "$1");
  return error ? `${text(found)}: ${text(error)}` : text(found);
}
