import type { KindContext } from "./kind-context.ts";
import type { LiveObject } from "./model.ts";

// Facets of kinds about users and programs.

/** Accounts of programs, which have tokens. No token is ever recorded. */
export interface TokensFacet<Live extends LiveObject = LiveObject> {
  /** `seconds`: the time after which it expires. */
  create(
    context: KindContext,
    live: Live,
    token: { readonly name: string; readonly seconds?: number },
  ): Promise<{ readonly id: number; readonly key: string }>;
  remove(context: KindContext, live: Live, id: number): Promise<void>;
}

/** A user that a resource names, with its place. */
export interface NamedUser {
  /** The login or the email address. */
  readonly name: string;
  readonly path: string;
}

/** Resources that name users of Grafana. Users are created by people or by a login provider, and never by this tool. */
export interface UsersFacet<Resource extends object> {
  named(resource: Resource): readonly NamedUser[];
  /** The resource with the login of each user in place of its name. */
  withLogins(resource: Resource, loginOf: (name: string) => string): Resource;
}
