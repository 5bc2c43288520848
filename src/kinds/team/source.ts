import type { SourceFacet } from "../../engine/source.ts";
import { call, listOf, objectOf, valueOf } from "../../import/code/expression.ts";
import { team } from "./builder.ts";
import type { LiveTeam, TeamRole } from "./live.ts";

/** Members that a login provider added stay its business, so the code does not name them. */
export const source: SourceFacet<LiveTeam> = {
  directory: "access",
  file: "teams",
  write({ id, email, members }, context) {
    const logins = (role: TeamRole) => members.filter((one) => one.role === role).map(({ login }) => valueOf(login));
    const admins = logins("Admin");
    return call(
      context.own("team", team),
      objectOf({
        name: valueOf(id),
        email: email === "" ? undefined : valueOf(email),
        members: listOf(logins("Member")),
        admins: admins.length > 0 ? listOf(admins) : undefined,
      }),
    );
  },
};
