/** A reference to a team, by its name: the result of `existing.team(name)`. */
export interface ExistingTeam {
  readonly kind: "team";
  readonly name: string;
  readonly existing: true;
}

/** A team: users that get permissions together. */
export interface Team {
  readonly kind: "team";
  readonly name: string;
  readonly email?: string;
  /**
   * The logins or email addresses of the members. The tool removes members that are not in the code, except those that a login
   * provider added.
   */
  readonly members: readonly string[];
  /** The logins or email addresses of the members who may also change the team. Don't list them in `members` too. */
  readonly admins?: readonly string[];
}

/**
 * Defines a team. Its members are users that exist in Grafana.
 *
 * @example export const sre = team({ name: "SRE", members: ["ada", "grace@example.com"] });
 */
export function team(team: Omit<Team, "kind">): Team {
  return { kind: "team", ...team };
}
