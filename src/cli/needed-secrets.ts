import { pathText } from "../util/schema-issues.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { environment } from "../secrets/environment.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { listed } from "../util/plural.ts";
import { kinds } from "../kinds/index.ts";
import type { Io } from "./io.ts";
import type { Session } from "./session.ts";

function hasPath(value: unknown, [head, ...rest]: readonly (string | number)[]): boolean {
  if (head === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && hasPath(Reflect.get(value, head), rest);
}

/**
 * Returns a check of a plan. It throws before the first write, listing all variables of secrets that the writes need and
 * that are not set. On the sandbox and the stack, it reports the variables that get placeholder values.
 */
export function mustHaveSecrets(
  { target }: Pick<Session, "target">,
  { errors, progress }: Pick<Io, "errors" | "progress">,
): (prepared: ExecutablePlan, context: KindContext) => void {
  return (prepared, context) => {
    const onSandbox = target.type === "sandbox";
    const { needed, faults } = neededSecrets(prepared, context, onSandbox);
    if (faults.length > 0) throw new InvalidCodeError(faults);
    const variables = new Set(needed.map(({ variable }) => variable));
    const unset = [...variables].filter((variable) => !environment()[variable]).toSorted();
    if (unset.length === 0) return;
    const [are, each] = unset.length === 1 ? ["is", "it"] : ["are", "each"];
    progress.stop();
    errors.stream.write(
      onSandbox
        ? `The sandbox uses a placeholder for each secret. Before you apply to Grafana, set ${listed(unset)}.\n`
        : `${listed(unset)} ${are} not set: the stack uses a placeholder for ${each}. Notifications that need a placeholder are not delivered. To send the real value, set the variable and pass --refresh-secrets.\n`,
    );
  };
}

function neededSecrets({ writes }: ExecutablePlan, context: KindContext, onSandbox: boolean) {
  const needed = [...writes.values()].flatMap(({ desired, live }) => {
    const kind = kinds.get(desired.kind);
    if (!kind?.secrets) return [];
    const all =
      kind.secrets.sentAlways || !live || context.secrets.refresh || kind.secrets.resends?.(desired, live) === true;
    const observed = live && kind.observed(live);
    return kind.secrets
      .uses(desired.resource)
      .flatMap((use) => (all || !hasPath(observed, use.path) ? [{ desired, live, ...use }] : []));
  });
  const faults = needed
    // A placeholder must not overwrite a secret that was sent before.
    .filter(
      ({ variable, live }) =>
        context.secrets.read(variable) === undefined || (live && !onSandbox && !environment()[variable]),
    )
    .map(({ desired, path, variable }): Fault => {
      const message = `needs the secret ${variable}, but this variable is not set`;
      return { level: "error", code: "secret-variable-missing", ...desired.source, path: pathText(path), message };
    });
  return { needed, faults };
}
