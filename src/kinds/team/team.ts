import type { ResourceKind } from "../../engine/resource.ts";
import type { Team } from "./builder.ts";
import {
  desiredForm,
  differencesOf,
  factsOf,
  keptIn,
  observedForm,
  partsOf,
  revokedFrom,
  rolesIn,
} from "./canonical.ts";
import { findTeam, listTeams, readMembers, TEAMS, type LiveTeam } from "./live.ts";
import { access } from "./permissions.ts";
import { TeamSchema } from "./schema.ts";
import { source } from "./source.ts";
import { isPartial, removeTeam, rollback, writeTeam } from "./write.ts";

export const teamKind: ResourceKind<Team, LiveTeam> = {
  name: "team",
  dependsOn: [],
  marking: "ledger",
  // Grafana gives each team a uid of its own.
  idIs: "name",
  schema: TeamSchema,
  access,

  id: ({ name }) => name.trim(),
  title: ({ name }) => name.trim(),
  references: () => [],

  list: listTeams,
  find: findTeam,

  desired: desiredForm,
  observed: observedForm,

  write: writeTeam,
  remove: removeTeam,
  rollback,

  backup: {
    holders: {
      of: ({ members }) => members.map(({ login }) => `user/${login}`),
      without: (live, lacking) => ({
        ...live,
        members: live.members.filter(({ login }) => !lacking.has(`user/${login}`)),
      }),
    },
  },
  checks: { revokes: ({ resource }, { members }) => revokedFrom(members, rolesIn(resource)), sideEffect: keptIn },
  comparison: { differences: differencesOf },
  existing: {
    async create(client, name) {
      await client.send({ method: "POST", path: TEAMS, body: { name } });
    },
  },
  reading: { onDemand: true, bodies: readMembers },
  source,
  users: {
    named: ({ members, admins = [] }) => [
      ...members.map((name, index) => ({ name, path: `members[${index}]` })),
      ...admins.map((name, index) => ({ name, path: `admins[${index}]` })),
    ],
    withLogins: ({ members, admins, ...team }, loginOf) => ({
      ...team,
      members: members.map(loginOf),
      ...(admins ? { admins: admins.map(loginOf) } : {}),
    }),
  },
  view: {
    section: { title: "Access", rank: 510 },
    risks: { deletion: "is deleted: its members lose its permissions" },
    facts: factsOf,
  },
  writing: {
    parts: partsOf,
    isPartial,
  },
};
