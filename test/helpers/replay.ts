type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
type ObjectValue = { [key: string]: Value };

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string | null>;
  readonly body?: Value;
}

interface Answer {
  readonly status: number;
  readonly body: Value;
}

/** A recorded scenario: requests to a new Grafana, and its responses. */
export interface Transcript {
  readonly scenario: string;
  readonly steps: readonly { readonly request: Request; readonly response: Answer }[];
}

const administrator = `Basic ${Buffer.from("admin:admin").toString("base64")}`;

/**
 * Sends the requests of a transcript to a server. Returns the differences from the recorded responses, per step. Omits
 * steps that `plays` rejects.
 */
export async function replay(
  url: string,
  transcript: Transcript,
  plays: (request: { readonly path: string }) => boolean = () => true,
): Promise<string[]> {
  const answers: Answer[] = [];
  const found: string[] = [];
  for (const [index, { request, response }] of transcript.steps.entries()) {
    if (!plays(request)) continue;
    const answer = await send(url, request, answers);
    answers[index] = answer;
    for (const difference of differences({ ...response }, { ...answer }, "$")) {
      found.push(`step ${index} ${request.method} ${request.path}: ${difference}`);
    }
  }
  return found;
}

async function send(url: string, request: Request, answers: readonly (Answer | undefined)[]): Promise<Answer> {
  const fill = (source: string): string =>
    source.replaceAll(/\{\{(\d+):([^}]+)\}\}/g, (_match, step: string, path: string) =>
      valueAt(answers[Number(step)]?.body ?? null, path),
    );
  const body = request.body === undefined ? undefined : bodyText(request.body, fill);
  const headers = new Headers({ authorization: administrator });
  if (body !== undefined) headers.set("content-type", "application/json");
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, fill(value));
  }
  const answer = await fetch(url + fill(request.path), {
    method: request.method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, body: parsed(await answer.text()) };
}

function bodyText(body: Value, fill: (source: string) => string): string {
  // A text is sent unchanged, so that a transcript can contain broken JSON.
  return typeof body === "string" ? body : fill(JSON.stringify(body));
}

function parsed(source: string): Value {
  if (source === "") return null;
  try {
    return withSortedGroups(JSON.parse(source) as Value);
  } catch {
    return source;
  }
}

/** The order of the groups in `GET /apis` is not fixed. */
function withSortedGroups(value: Value): Value {
  if (!isObject(value) || value["kind"] !== "APIGroupList" || !Array.isArray(value["groups"])) return value;
  const name = (group: Value): string => (isObject(group) ? JSON.stringify(group["name"]) : "");
  return { ...value, groups: value["groups"].toSorted((a, b) => (name(a) < name(b) ? -1 : 1)) };
}

function valueAt(value: Value, path: string): string {
  let found: Value = value;
  for (const key of path.split(".")) {
    if (Array.isArray(found)) found = found[Number(key)] ?? null;
    else found = isObject(found) ? (found[key] ?? null) : null;
  }
  if (typeof found === "string" || typeof found === "number") return String(found);
  throw new Error(`an earlier answer has no ${path}`);
}

function* differences(expected: Value, actual: Value, path: string): Generator<string> {
  if (isObject(expected) && typeof expected["$any"] === "string") {
    if (kindOf(actual) !== expected["$any"]) yield `${path}: a ${expected["$any"]} expected, got ${short(actual)}`;
  } else if (path.endsWith(".message") && typeof expected === "string" && typeof actual === "string") {
    // The text of a message is not compared.
  } else if (isObject(expected) && isObject(actual)) {
    yield* objectDifferences(expected, actual, path);
  } else if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    for (const [index, item] of expected.entries()) {
      yield* differences(item, actual[index] ?? null, `${path}[${index}]`);
    }
  } else if (expected !== actual) {
    yield `${path}: ${short(expected)} expected, got ${short(actual)}`;
  }
}

function* objectDifferences(expected: ObjectValue, actual: ObjectValue, path: string): Generator<string> {
  for (const [key, value] of Object.entries(expected)) {
    const found = actual[key];
    if (found !== undefined) yield* differences(value, found, `${path}.${key}`);
    else if (key !== "managedFields") yield `${path}.${key}: missing`;
  }
  for (const key of Object.keys(actual)) {
    if (!Object.hasOwn(expected, key)) yield `${path}.${key}: not in Grafana's answer`;
  }
}

function isObject(value: Value): value is ObjectValue {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: Value): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function short(value: Value): string {
  return JSON.stringify(value).slice(0, 120);
}
