import { pathText } from "../util/schema-issues.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { environment } from "../secrets/environment.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { kinds } from "../kinds/index.ts";
import type { Io } from "./io.ts";
import type { Session } from "./session.ts";

function has(value: unknown, [head, ...rest]: readonly (string | number)[]): boolean {
  if (head === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && has(Reflect.get(value, head), rest);
}

/**
 * Checks a plan: throws before the first write and lists the variables that writes need and that aren't set. For a sandbox
 * or a stack, reports the variables that get placeholder values.
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
    const stoodIn = [...variables].filter((variable) => !environment()[variable]).toSorted();
    if (stoodIn.length === 0) return;
    const one = stoodIn.length === 1;
    progress.stop();
    errors.stream.write(
      onSandbox
        ? `The sandbox takes a stand-in for ${stoodIn.join(", ")}, which ${one ? "is" : "are"} not set.\n`
        : `The stack gets a stand-in for ${stoodIn.join(", ")}, which ${one ? "is" : "are"} not set: nothing is delivered by ${one ? "it" : "them"}. Set ${one ? "it" : "them"}, and send ${one ? "it" : "them"} with --refresh-secrets.\n`,
    );
  };
}

function neededSecrets({ writes }: ExecutablePlan, context: KindContext, onSandbox: boolean) {
  const needed = [...writes.values()].flatMap(({ desired, live }) => {
    const kind = kinds.get(desired.kind);
    if (!kind?.secrets) return [];
    const all = kind.secrets.sentAlways || !live || context.secrets.refresh;
    const there = live && kind.observed(live);
    return kind.secrets
      .uses(desired.resource)
      .flatMap((use) => (all || !has(there, use.path) ? [{ desired, live, ...use }] : []));
  });
  const faults = needed
    // A stand-in is for what isn't there yet: it must not take the place of a secret that somebody sent before.
    .filter(
      ({ variable, live }) =>
        context.secrets.read(variable) === undefined || (live && !onSandbox && !environment()[variable]),
    )
    .map(({ desired, path, variable }): Fault => {
      const message = `needs the secret of the variable ${variable}, which is not set`;
      return { level: "error", ...desired.source, path: pathText(path), message };
    });
  return { needed, faults };
}
