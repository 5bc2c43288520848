import { createHash, randomBytes } from "node:crypto";
import type { JsonFiles } from "../files.ts";
import { isObject, text, type JsonObject } from "../json.ts";
import { shortId } from "../k8s/metadata.ts";
import { permissionsOfRole, permissionsOfStranger, roles, type Permissions, type Role } from "./basic-roles.ts";
import type { Caller } from "./caller.ts";
import type { AccountIds, Users } from "./users.ts";

/** Only the current user can read the files. */
export const accountFilesMode = 0o600;

export interface Token {
  readonly id: number;
  readonly name: string;
  readonly created: string;
  readonly expires?: string;
  /** SHA-256 of the key. The key itself is only in the response to its creation. */
  readonly hash: string;
}

export interface ServiceAccount {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly login: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly created: string;
  readonly updated: string;
  readonly tokens: readonly Token[];
}

/** The administrator of the sandbox. */
export const administrator: Caller = {
  id: 1,
  uid: "sandboxadmin",
  author: "user:sandboxadmin",
  login: "admin",
  type: "user",
  role: "ServerAdmin",
  permissions: permissionsOfRole("ServerAdmin"),
  takesGrants: true,
};

/** The administrator in an organization that does not exist. */
export const stranger: Caller = {
  ...administrator,
  role: "None",
  permissions: permissionsOfStranger,
  takesGrants: false,
};

/** Service accounts with their tokens, one file per account. */
export class ServiceAccounts {
  readonly #files: JsonFiles;
  readonly #ids: AccountIds;
  readonly #users: Users;
  readonly #accounts = new Map<number, ServiceAccount>();
  readonly #byHash = new Map<string, Caller & { readonly expires?: string }>();
  /** Accounts of custom tokens, which are only in memory. */
  readonly #logins = new Map<string, string>();
  readonly #custom = new Map<string, Caller>();
  #lastToken = 0;

  constructor(files: JsonFiles, ids: AccountIds, users: Users) {
    this.#files = files;
    this.#ids = ids;
    this.#users = users;
  }

  async load(): Promise<void> {
    for await (const { value } of this.#files.load()) {
      const account = fromFile(value);
      if (account !== undefined) this.#remember(account);
    }
  }

  all(): ServiceAccount[] {
    return [...this.#accounts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(id: number): ServiceAccount | undefined {
    return this.#accounts.get(id);
  }

  async create(name: string, role: Role, isDisabled: boolean): Promise<ServiceAccount> {
    const id = this.#ids.next();
    const time = now();
    const login = `sa-1-${name.toLowerCase().replaceAll(" ", "-")}`;
    const account = { id, uid: shortId(), name, login, role, isDisabled, created: time, updated: time, tokens: [] };
    await this.store(account);
    return account;
  }

  async store(account: ServiceAccount): Promise<void> {
    this.#remember(account);
    await this.#files.write(String(account.id), JSON.stringify(account));
  }

  async remove(id: number): Promise<void> {
    this.#accounts.delete(id);
    this.#index();
    await this.#files.remove(String(id));
  }

  /** Creates a token that expires after `seconds`; 0: never. */
  async addToken(account: ServiceAccount, name: string, seconds: number): Promise<{ token: Token; key: string }> {
    const key = newKey();
    const expires = seconds > 0 ? { expires: new Date(Date.now() + seconds * 1000).toISOString() } : {};
    const token: Token = { id: this.#lastToken + 1, name, created: now(), ...expires, hash: hashOf(key) };
    await this.store({ ...account, tokens: [...account.tokens, token] });
    return { token, key };
  }

  /** Creates a token with exactly these permissions, like a custom role of Grafana Enterprise. */
  addCustomToken(permissions: Permissions): string {
    const key = newKey();
    const id = this.#ids.next();
    const uid = shortId();
    const login = `sa-1-custom-${id}`;
    const author = `service-account:${uid}`;
    this.#logins.set(author, login);
    const identity = { id, uid, author, login, type: "service-account", role: "None" } as const;
    this.#custom.set(hashOf(key), { ...identity, permissions, takesGrants: false });
    return key;
  }

  /** The owner of a key, or "expired". */
  find(key: string): Caller | "expired" | undefined {
    const hash = hashOf(key);
    const found = this.#byHash.get(hash) ?? this.#custom.get(hash);
    if (found === undefined) return undefined;
    const expires = "expires" in found ? found.expires : undefined;
    return typeof expires === "string" && expires < now() ? "expired" : found;
  }

  /** The login of an author in an object's metadata. */
  loginOf(author: string): string {
    if ([administrator.author, `user:${administrator.id}`].includes(author)) return administrator.login;
    const [, id = ""] = author.split(":");
    const account = [...this.all(), ...this.#users.all()].find((one) => one.uid === id || String(one.id) === id);
    return account?.login ?? this.#logins.get(author) ?? "Anonymous";
  }

  /** The display name of a uid in alerting. */
  nameOf(uid: string): string {
    if (uid === administrator.uid) return administrator.login;
    const user = this.#users.all().find((one) => one.uid === uid);
    return user?.login ?? this.all().find((one) => one.uid === uid)?.name ?? "";
  }

  #remember(account: ServiceAccount): void {
    this.#accounts.set(account.id, account);
    this.#ids.observe(account.id);
    this.#lastToken = Math.max(this.#lastToken, ...account.tokens.map(({ id }) => id));
    this.#index();
  }

  #index(): void {
    this.#byHash.clear();
    for (const account of this.#accounts.values()) {
      if (account.isDisabled) continue;
      for (const { hash, expires } of account.tokens) {
        this.#byHash.set(hash, { ...callerFor(account), ...(expires === undefined ? {} : { expires }) });
      }
    }
  }
}

/** Parses the name of a role. */
export function roleOf(value: unknown): Role | undefined {
  return roles.find((role) => role === value && role !== "ServerAdmin");
}

function callerFor({ id, uid, login, role }: ServiceAccount): Caller {
  const author = `service-account:${uid}`;
  const permissions = permissionsOfRole(role);
  return { id, uid, author, login, type: "service-account", role, permissions, takesGrants: true };
}

function newKey(): string {
  return `glsa_${randomBytes(24).toString("base64url")}`;
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function now(): string {
  return new Date().toISOString();
}

function fromFile(value: JsonObject): ServiceAccount | undefined {
  const role = roleOf(value["role"]);
  const id = Number(value["id"]);
  if (role === undefined || !Number.isInteger(id)) return undefined;
  const tokens = Array.isArray(value["tokens"]) ? value["tokens"].filter(isObject) : [];
  return {
    id,
    uid: text(value["uid"]),
    name: text(value["name"]),
    login: text(value["login"]),
    role,
    isDisabled: value["isDisabled"] === true,
    created: text(value["created"]),
    updated: text(value["updated"]),
    tokens: tokens.map((token) => ({
      id: Number(token["id"]),
      name: text(token["name"]),
      created: text(token["created"]),
      ...(text(token["expires"]) === "" ? {} : { expires: text(token["expires"]) }),
      hash: text(token["hash"]),
    })),
  };
}
