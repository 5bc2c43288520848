import type { JsonFiles } from "../files.ts";
import { isObject, text, type JsonObject } from "../json.ts";
import { shortId } from "../k8s/metadata.ts";

/** What a member may do, by its number in the API. */
export const memberLevels = { Member: 0, Admin: 4 } as const;
export type MemberLevel = (typeof memberLevels)[keyof typeof memberLevels];

export interface Team {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly email: string;
  /** By the id of the user, in the order in which they were added. */
  readonly members: ReadonlyMap<number, MemberLevel>;
}

/** Teams with their members, one file per team. */
export class Teams {
  readonly #files: JsonFiles;
  readonly #teams = new Map<number, Team>();
  #lastId = 0;

  constructor(files: JsonFiles) {
    this.#files = files;
  }

  async load(): Promise<void> {
    for await (const { value } of this.#files.load()) {
      const team = fromFile(value);
      if (team !== undefined) this.#remember(team);
    }
  }

  all(): Team[] {
    return [...this.#teams.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(id: number): Team | undefined {
    return this.#teams.get(id);
  }

  /** By the uid or the number, as in Grafana's paths. */
  find(key: string): Team | undefined {
    return this.all().find(({ id, uid }) => uid === key || String(id) === key);
  }

  /** The teams of a user, with what it may do there, by id. */
  of(user: number): ReadonlyMap<number, MemberLevel> {
    return new Map(
      this.all().flatMap(({ id, members }) => {
        const level = members.get(user);
        return level === undefined ? [] : [[id, level] as const];
      }),
    );
  }

  async create(name: string, email: string, members: Team["members"]): Promise<Team> {
    const team = { id: this.#lastId + 1, uid: shortId(), name, email, members };
    await this.store(team);
    return team;
  }

  async store(team: Team): Promise<void> {
    this.#remember(team);
    await this.#files.write(String(team.id), JSON.stringify({ ...team, members: [...team.members] }));
  }

  async remove(id: number): Promise<void> {
    this.#teams.delete(id);
    await this.#files.remove(String(id));
  }

  async forgetUser(user: number): Promise<void> {
    for (const team of this.all()) {
      if (!team.members.has(user)) continue;
      await this.store({ ...team, members: new Map([...team.members].filter(([id]) => id !== user)) });
    }
  }

  #remember(team: Team): void {
    this.#teams.set(team.id, team);
    this.#lastId = Math.max(this.#lastId, team.id);
  }
}

function fromFile(value: JsonObject): Team | undefined {
  const id = Number(value["id"]);
  if (!isObject(value) || !Number.isInteger(id) || !Array.isArray(value["members"])) return undefined;
  const members = value["members"].flatMap((entry): [number, MemberLevel][] =>
    Array.isArray(entry) ? [[Number(entry[0]), entry[1] === memberLevels.Admin ? 4 : 0]] : [],
  );
  return {
    id,
    uid: text(value["uid"]),
    name: text(value["name"]),
    email: text(value["email"]),
    members: new Map(members),
  };
}
