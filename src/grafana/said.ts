// What the bodies of errors say.

/** The `messageId` of an error. */
export function messageIdOf(body: unknown): string {
  const id = typeof body === "object" && body !== null && "messageId" in body ? body.messageId : undefined;
  return typeof id === "string" ? id : "";
}

/** The message in the body of an error. */
export function messageOf(body: unknown): string {
  if (typeof body === "string") return isHtml(body) ? "an HTML page" : body.trim();
  if (typeof body !== "object" || body === null) return "";
  const message = "message" in body ? body.message : undefined;
  const more = "errors" in body ? textsIn(body.errors) : [];
  // Code hosts name the reasons in a list or an object.
  const all = [...textsIn(message), ...more];
  return (all.length > 0 ? all : queryErrorsIn(body)).join(": ");
}

/** What a datasource reports about a query that failed. */
export interface OfDatasource {
  /** The status of its response. */
  readonly status?: number;
  /** The type of the error in Prometheus' API: `timeout`. */
  readonly errorType?: string;
}

/** What the body of an error says about the response of a datasource. */
export function ofDatasource(body: unknown): OfDatasource {
  if (typeof body !== "object" || body === null) return {};
  const results = "results" in body && typeof body.results === "object" && body.results !== null ? body.results : {};
  const [status] = Object.values(results).flatMap((result: unknown) => {
    const isFailed = typeof result === "object" && result !== null && "error" in result && "status" in result;
    return isFailed && typeof result.status === "number" ? [result.status] : [];
  });
  const errorType = "errorType" in body && typeof body.errorType === "string" ? body.errorType : undefined;
  return { ...(status === undefined ? {} : { status }), ...(errorType === undefined ? {} : { errorType }) };
}

/** The errors of queries, and that of a datasource's own API: `{ results: { A: { error } } }`, `{ status: "error", error }`. */
function queryErrorsIn(body: object): string[] {
  if ("error" in body && typeof body.error === "string") return [body.error];
  const results = "results" in body && typeof body.results === "object" && body.results !== null ? body.results : {};
  const errors = Object.values(results).flatMap((result: unknown) =>
    typeof result === "object" && result !== null && "error" in result ? textsIn(result.error) : [],
  );
  return [...new Set(errors)];
}

/** The texts of a message, a list of messages, or an object with messages. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return "message" in value ? textsIn(value.message) : Object.values(value).flatMap(textsIn);
}

export function isHtml(text: string): boolean {
  return /^\s*<[!?a-z]/i.test(text);
}
