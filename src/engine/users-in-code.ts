import { userNamed, USERS, type OrgUser } from "../grafana/org-users.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { hash } from "../util/json.ts";
import { similar } from "../util/similar.ts";
import type { NamedUser } from "./account-facets.ts";
import type { KindContext } from "./kind-context.ts";
import { lookUp } from "./look-ups.ts";
import type { Desired } from "./model.ts";
import type { Kinds } from "./resource.ts";

/**
 * Replaces the names of users with their logins, so that a login and an email address of the same user are equal.
 *
 * Throws `InvalidCodeError` for users that the organization doesn't have.
 */
export async function withLogins(
  context: KindContext,
  code: readonly Desired[],
  { kinds, selected }: { readonly kinds: Kinds; readonly selected: (desired: Desired) => boolean },
): Promise<readonly Desired[]> {
  const own = code.filter((one) => selected(one) && usersIn(one, kinds).length > 0);
  if (own.length === 0) return code;
  const users = await lookUp(context, USERS);
  const faults = own.flatMap((desired) => unknownIn(desired, usersIn(desired, kinds), users));
  if (faults.length > 0) throw new InvalidCodeError(faults);
  const changed = new Set(own);
  return code.map((desired) => {
    const kind = kinds.get(desired.kind);
    if (!kind?.users || !changed.has(desired)) return desired;
    const resource = kind.users.withLogins(desired.resource, (name) => userNamed(users, name)?.login ?? name);
    const result = { ...desired, resource };
    return { ...result, hash: hash(kind.desired(result)) };
  });
}

/** The users that a resource names. */
export function usersIn({ kind, resource }: Desired, kinds: Kinds): readonly NamedUser[] {
  return kinds.get(kind)?.users?.named(resource) ?? [];
}

function unknownIn({ source }: Desired, named: readonly NamedUser[], users: readonly OrgUser[]): Fault[] {
  return named
    .filter(({ name }) => !userNamed(users, name))
    .map(({ name, path }) => {
      const meant = similar(
        name,
        users.map(({ login }) => login),
      );
      return {
        level: "error",
        code: "code-user-missing",
        ...source,
        path,
        message: `the organization has no user with the login or email address "${name}"`,
        hint: meant === undefined ? "Check the name, or add the user to the organization." : `Did you mean "${meant}"?`,
      };
    });
}
