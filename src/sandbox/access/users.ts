import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { JsonFiles } from "../files.ts";
import { text, type JsonObject } from "../json.ts";
import { shortId } from "../k8s/metadata.ts";
import { permissionsOfRole, roles, type Role } from "./basic-roles.ts";
import type { Caller } from "./caller.ts";

/** Users and service accounts have ids of one sequence. */
export class AccountIds {
  #last = 1;

  observe(id: number): void {
    this.#last = Math.max(this.#last, id);
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

export interface User {
  readonly id: number;
  readonly uid: string;
  readonly login: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly created: string;
  readonly salt: string;
  /** SHA-256 of the salt and the password. */
  readonly hash: string;
}

/** Users besides the administrator, one file per user. */
export class Users {
  readonly #files: JsonFiles;
  readonly #ids: AccountIds;
  readonly #users = new Map<number, User>();

  constructor(files: JsonFiles, ids: AccountIds) {
    this.#files = files;
    this.#ids = ids;
  }

  async load(): Promise<void> {
    for await (const { value } of this.#files.load()) {
      const user = fromFile(value);
      if (user === undefined) continue;
      this.#users.set(user.id, user);
      this.#ids.observe(user.id);
    }
  }

  all(): User[] {
    return [...this.#users.values()];
  }

  get(id: number): User | undefined {
    return this.#users.get(id);
  }

  async create(sent: Pick<User, "login" | "email" | "name">, password: string): Promise<User> {
    const salt = randomBytes(16).toString("hex");
    const user: User = {
      ...sent,
      id: this.#ids.next(),
      uid: shortId(),
      role: "Viewer",
      created: new Date().toISOString(),
      salt,
      hash: hashOf(salt, password),
    };
    await this.store(user);
    return user;
  }

  async store(user: User): Promise<void> {
    this.#users.set(user.id, user);
    await this.#files.write(String(user.id), JSON.stringify(user));
  }

  async remove(id: number): Promise<void> {
    this.#users.delete(id);
    await this.#files.remove(String(id));
  }

  /** The user of a login or email address, if the password is right. */
  find(name: string, password: string): Caller | undefined {
    const lower = name.toLowerCase();
    const user = this.all().find(({ login, email }) => [login, email].some((one) => one.toLowerCase() === lower));
    const isRight = user && timingSafeEqual(Buffer.from(user.hash), Buffer.from(hashOf(user.salt, password)));
    return isRight ? callerFor(user) : undefined;
  }
}

function callerFor({ id, uid, login, role }: User): Caller {
  const permissions = permissionsOfRole(role);
  return { id, uid, author: `user:${uid}`, login, type: "user", role, permissions, takesGrants: true };
}

function hashOf(salt: string, password: string): string {
  return createHash("sha256").update(`${salt}${password}`).digest("hex");
}

function fromFile(value: JsonObject): User | undefined {
  const role = roles.find((one) => one === value["role"] && one !== "ServerAdmin");
  const id = Number(value["id"]);
  if (role === undefined || !Number.isInteger(id)) return undefined;
  const texts = Object.fromEntries(TEXTS.map((name) => [name, text(value[name])])) as Record<TextName, string>;
  return { id, role, ...texts };
}

const TEXTS = ["uid", "login", "email", "name", "created", "salt", "hash"] as const;
type TextName = (typeof TEXTS)[number];
