import type { Need } from "../../engine/permissions.ts";
import type { Access } from "../../engine/resource.ts";
import type { Team } from "./builder.ts";
import type { LiveTeam } from "./live.ts";

export const access: Access<Team, LiveTeam> = {
  read: { action: "teams:read" },
  write: (_desired, live) => writeNeed(live),
  restore: (_before, live) => writeNeed(live),
  remove: ({ teamId }) => ({ action: "teams:delete", scopes: [scopeOf(teamId)] }),
};

function writeNeed(live: LiveTeam | undefined): Need {
  if (!live) return { all: [{ action: "teams:create" }, { action: "teams.permissions:write" }] };
  const scopes = [scopeOf(live.teamId)];
  return {
    all: [
      { action: "teams:write", scopes },
      { action: "teams.permissions:write", scopes },
    ],
  };
}

function scopeOf(id: number): string {
  return `teams:id:${id}`;
}
