import { kinds } from "../kinds/index.ts";
import type { ErrorCode } from "../util/error-codes.ts";
import { InvalidCodeError } from "../util/errors.ts";
import { issuesOf, PARSING, pathText } from "../util/schema-issues.ts";

/** Throws an error with a fault at a property path. A test runner shows only the message of an error, so it contains the fault. */
export function reject(path: string, message: string, hint?: string, code?: ErrorCode): never {
  const fault = { level: "error", path, message, ...(hint === undefined ? {} : { hint }) } as const;
  throw new InvalidCodeError([{ ...fault, ...(code === undefined ? {} : { code }) }], {
    what: `the tested code: ${path ? `${path}: ` : ""}${message}${hint === undefined ? "" : `. ${hint}`}`,
    nothing: "nothing was evaluated",
  });
}

/** Throws an error if a resource doesn't have the form that an apply requires. */
export function checkResource(resource: { readonly kind: string }, path = ""): void {
  const result = kinds.get(resource.kind)?.schema.safeParse(resource, PARSING);
  const [issue] = result?.success === false ? issuesOf(result.error.issues) : [];
  if (issue) reject([path, pathText(issue.path)].filter(Boolean).join("."), issue.message);
}
