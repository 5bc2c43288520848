import { pathText } from "../util/schema-issues.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { Desired, LiveObject } from "../engine/model.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { SecretValues } from "../secrets/values.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { clean } from "../util/clean.ts";
import { listed } from "../util/plural.ts";
import { kinds } from "../kinds/index.ts";
import type { Io } from "./io.ts";
import type { Session } from "./session.ts";

function hasPath(value: unknown, [head, ...rest]: readonly (string | number)[]): boolean {
  if (head === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && hasPath(Reflect.get(value, head), rest);
}

/**
 * Returns a check of a plan. It reads the secrets from files and commands that the writes need, and throws before the first write,
 * listing all secrets that have no value. On the sandbox and the stack, it reports the variables that get placeholder values, and
 * reads no file and runs no command. `environment`: the one among several that the report names.
 */
export function mustHaveSecrets(
  { target }: Pick<Session, "target">,
  { errors, progress }: Pick<Io, "errors" | "progress">,
  environment?: string,
): (prepared: ExecutablePlan, context: KindContext) => Promise<void> {
  return async (prepared, context) => {
    const { secrets } = context;
    const onSandbox = target.type === "sandbox";
    const needed = neededSecrets(prepared, context);
    const variables = new Set(needed.map(({ variable }) => variable));
    const isTrial = onSandbox || (target.type === "grafana" && target.stack === true);
    const failures = isTrial ? new Map<string, string>() : await secrets.fetch(variables);
    const faults = faultsOf(needed, secrets, failures, { onSandbox, isTrial });
    if (faults.length > 0) throw new InvalidCodeError(faults);
    const unset = [...variables].filter((name) => !secrets.isSet(name) && !secrets.isFetched(name)).toSorted();
    if (unset.length === 0) return;
    const [are, each] = unset.length === 1 ? ["is", "it"] : ["are", "each"];
    progress.stop();
    const where = environment === undefined ? "" : `Environment ${clean(environment)}: `;
    errors.stream.write(
      onSandbox
        ? `${where}The sandbox uses a placeholder for each secret. Before you apply to Grafana, set ${listed(unset)}.\n`
        : `${where}${listed(unset)} ${are} not set: the stack uses a placeholder for ${each}. Notifications that need a placeholder are not delivered. To send the real value, set the variable and pass --refresh-secrets.\n`,
    );
  };
}

interface Needed extends SecretUse {
  readonly desired: Desired;
  readonly live?: LiveObject | undefined;
}

function neededSecrets({ writes }: ExecutablePlan, context: KindContext): Needed[] {
  return [...writes.values()].flatMap(({ desired, live }) => {
    const kind = kinds.get(desired.kind);
    if (!kind?.secrets) return [];
    const all =
      kind.secrets.sentAlways || !live || context.secrets.refresh || kind.secrets.resends?.(desired, live) === true;
    const observed = live && kind.observed(live);
    return kind.secrets
      .uses(desired.resource)
      .flatMap((use) => (all || !hasPath(observed, use.path) ? [{ desired, live, ...use }] : []));
  });
}

function faultsOf(
  needed: readonly Needed[],
  secrets: SecretValues,
  failures: ReadonlyMap<string, string>,
  { onSandbox, isTrial }: { readonly onSandbox: boolean; readonly isTrial: boolean },
): Fault[] {
  return needed
    .filter(
      ({ variable, live }) =>
        secrets.read(variable) === undefined ||
        // A placeholder must not overwrite a secret that was sent before. On the stack, a file or a command is never read.
        (live && !onSandbox && !secrets.isSet(variable) && !(isTrial && secrets.isFetched(variable))),
    )
    .map(({ desired, path, variable }): Fault => {
      const failure = failures.get(variable);
      const at = { level: "error", ...desired.source, path: pathText(path) } as const;
      return failure === undefined
        ? {
            ...at,
            code: "secret-variable-missing",
            message: `needs the secret ${variable}, but this variable is not set`,
          }
        : {
            ...at,
            code: "secret-not-read",
            message: `needs the secret ${variable}, but ${failure}`,
            hint: "Check its entry in `secrets` of the configuration, and run its command yourself to see its messages.",
          };
    });
}
