import type { z } from "zod";
import { similar } from "./similar.ts";

/** One thing that a schema found wrong, as a sentence. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** For `safeParse`: where a property is unknown, the message lists those that are not there, of which `issuesOf` finds the one meant. */
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

/** What a schema found, parsing with `PARSING`, as sentences that need no knowledge of the schema. */
export function issuesOf(found: readonly z.core.$ZodIssue[]): SchemaIssue[] {
  const meant = new Set<string>();
  const issues = found.flatMap((issue): SchemaIssue[] => {
    const { path } = issue;
    if (issue.code === "unrecognized_keys") {
      const absent = issue.message.split(",");
      return issue.keys.map((key) => {
        const name = similar(key, absent);
        if (name !== undefined) meant.add(pathText([...path, name]));
        return { path: [...path, key], message: `there is no such property${name ? `: is ${name} meant?` : ""}` };
      });
    }
    if (issue.code === "invalid_union" && issue.errors.length > 0) return unionIssues(issue.errors, path);
    if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) {
      return [{ path, message: `is missing: expected ${issue.expected}` }];
    }
    return [{ path, message: lowerFirst(issue.message.replace(/^Invalid input: /, "")) }];
  });
  // What is misspelt is missing as well: once is enough.
  return issues.filter(({ path }) => !meant.has(pathText(path)));
}

/** A union's own message ("Invalid input") says nothing: the branch that got furthest does. */
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
