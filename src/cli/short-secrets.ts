import type { Desired } from "../engine/model.ts";
import { kinds } from "../kinds/index.ts";
import { SHORT_SECRET } from "../secrets/secret.ts";
import type { Fault } from "../util/errors.ts";
import { pathText } from "../util/schema-issues.ts";

/** A warning for each variable of a secret whose value is too short to be found in text. */
export function shortSecrets(code: readonly Desired[], values: Readonly<Record<string, string | undefined>>): Fault[] {
  const seen = new Set<string>();
  return code.flatMap(({ kind, resource, source }) =>
    (kinds.get(kind)?.secrets?.uses(resource) ?? []).flatMap(({ variable, path }): Fault[] => {
      const length = values[variable]?.trim().length ?? 0;
      if (length === 0 || length >= SHORT_SECRET || seen.has(variable)) return [];
      seen.add(variable);
      const message = `the value of ${variable} has fewer than ${SHORT_SECRET} characters: it is easy to guess, and is not replaced in texts that runs record`;
      return [
        {
          level: "warning",
          code: "secret-too-short",
          ...source,
          path: pathText(path),
          message,
          hint: "Use a longer secret.",
        },
      ];
    }),
  );
}
