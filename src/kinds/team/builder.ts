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
  /** The logins or email addresses of the members. The tool removes other members, except those that a login provider added. */
  readonly members: readonly string[];
  /** The logins or email addresses of the members who may also change the team. They are not listed in `members`. */
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
