/** A reference to a service account, by its name: the result of `existing.serviceAccount(name)`. */
export interface ExistingServiceAccount {
  readonly kind: "service-account";
  readonly name: string;
  readonly existing: true;
}

/** An account for a program. Its tokens are not part of the code: the command `token NAME` creates a token. */
export interface ServiceAccount {
  readonly kind: "service-account";
  readonly name: string;
  readonly role: "None" | "Viewer" | "Editor" | "Admin";
  /** Whether Grafana rejects the tokens of the account. Default: `false`. */
  readonly disabled?: boolean;
}

/**
 * Defines a service account.
 *
 * @example export const deploy = serviceAccount({ name: "deploy", role: "Editor" });
 */
export function serviceAccount(account: Omit<ServiceAccount, "kind">): ServiceAccount {
  return { kind: "service-account", ...account };
}
