import type { z } from "zod";
import { similar } from "./similar.ts";

/** One validation error of a schema. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Options for `safeParse`. The message for an unknown property lists the unset properties, for the suggestion in `issuesOf`. */
export const PARSING: z.core.ParseContext<z.core.$ZodIssue> = {
  error: (issue) => {
    if (issue.code !== "unrecognized_keys" || !issue.inst) return undefined;
    const { shape } = issue.inst._zod.def as Partial<z.core.$ZodObjectDef>;
    const { input } = issue;
    const absent = Object.keys(shape ?? {}).filter(
      (name) => !(typeof input === "object" && input !== null && name in input),
    );
    return absent.join(",");
  },
};

/** Converts issues of a schema, parsed with `PARSING`, to messages for users. */
export function issuesOf(found: readonly z.core.$ZodIssue[]): SchemaIssue[] {
  const suggested = new Set<string>();
  const issues = found.flatMap((issue): SchemaIssue[] => {
    const { path } = issue;
    if (issue.code === "unrecognized_keys") {
      const absent = issue.message.split(",");
      return issue.keys.map((key) => {
        const name = similar(key, absent);
        if (name !== undefined) suggested.add(pathText([...path, name]));
        return { path: [...path, key], message: `unknown property${name ? `; did you mean ${name}?` : ""}` };
      });
    }
    if (issue.code === "invalid_union" && issue.errors.length > 0) return unionIssues(issue.errors, path);
    if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) {
      return [{ path, message: `is missing: expected ${issue.expected}` }];
    }
    return [{ path, message: lowerFirst(issue.message.replace(/^Invalid input: /, "")) }];
  });
  // A misspelled property is also reported as missing: keep only one of the two.
  return issues.filter(({ path }) => !suggested.has(pathText(path)));
}

/** Uses the issues of a branch that matches the value itself: the message of a union is only "Invalid input". */
function unionIssues(branches: readonly z.core.$ZodIssue[][], path: readonly PropertyKey[]): SchemaIssue[] {
  const further = branches.find((branch) => branch.every((inner) => inner.path.length > 0));
  if (further) return issuesOf(further).map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
  const types = branches.flat().map((inner) => ("expected" in inner ? String(inner.expected) : ""));
  return [{ path, message: `expected ${[...new Set(types.filter(Boolean))].join(" or ")}` }];
}

/** `panels[2].gridPos.h` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, "");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
