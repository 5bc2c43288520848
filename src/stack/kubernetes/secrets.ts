import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { SECRET } from "../access.ts";
import { variableFile } from "./names.ts";

/** A file in the directory of the secrets. */
export interface GivenSecret {
  readonly file: string;
  /** For the description of the directory. */
  readonly from: string;
  /** The file of the user with its content. */
  readonly path?: string;
  /** The environment variable with its content. */
  readonly variable?: string;
}

/** All files that Kustomize reads secrets from. Those without `path` and `variable` are the stack's own. */
export function givenSecrets(stack: Stack, built: readonly BuiltService[]): GivenSecret[] {
  const { tls } = stack.access ?? {};
  const all = built.flatMap(({ service, parts }) => [
    ...(parts.secrets ?? []).map((secret): GivenSecret =>
      typeof secret === "string"
        ? { file: secret, from: "generated" }
        : { file: secret.name, from: `\`${secret.path}\`, from the definition`, path: secret.path },
    ),
    ...Object.values(service.environment).flatMap((value): GivenSecret[] =>
      typeof value === "string"
        ? []
        : [
            {
              file: variableFile(value.variable),
              from: `the variable \`${value.variable}\``,
              variable: value.variable,
            },
          ],
    ),
  ]);
  const certificate =
    tls !== undefined && "certificate" in tls
      ? [
          { file: "tls-certificate", path: tls.certificate },
          { file: "tls-key", path: tls.key },
        ].map((one) => ({ ...one, from: `\`${one.path}\`, from the definition` }))
      : [];
  const own = stack.access === undefined ? [] : [{ file: SECRET.own, from: "generated" }];
  return [...new Map([...all, ...certificate, ...own].map((one) => [one.file, one])).values()];
}
