export type Credentials =
  | { readonly type: "token"; readonly token: string }
  | { readonly type: "basic"; readonly user: string; readonly password: string }
  | { readonly type: "none" };

/** Headers whose values are not secret. */
const PLAIN = /^(accept|content-type|user-agent|.*-version)$/i;
/** A shorter header value or side of a colon, such as "1", occurs in any text. */
const SHORTEST = 6;

/** All credentials that a client sends. */
interface SentCredentials {
  readonly credentials: Credentials;
  readonly headers?: Readonly<Record<string, string>>;
  readonly proxy?: string;
}

/** The values to redact. A redactor finds their base64 as well. */
export function credentialsOf({ credentials, headers = {}, proxy = "" }: SentCredentials): readonly string[] {
  return [
    ...(credentials.type === "token" ? [credentials.token] : []),
    ...(credentials.type === "basic" ? pairOf(credentials.user, credentials.password) : []),
    ...credentialsInHeaders(headers),
    ...(userOfProxy(proxy)?.secrets ?? []),
  ];
}

/** The values of headers, with and without their scheme, and the decoded value of `Basic`. */
export function credentialsInHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (PLAIN.test(name) || value.length < SHORTEST) return [];
    const [, scheme = "", rest = ""] = /^(\w+)\s+(\S+)$/.exec(value.trim()) ?? [];
    const [user = "", password = ""] = /^basic$/i.test(scheme) ? split(Buffer.from(rest, "base64").toString()) : [];
    return [value, ...(rest ? [rest] : []), ...(password ? pairOf(user, password) : [])];
  });
}

/** The credentials in a proxy's URL, and the URL without them; undefined if it has none. */
export function userOfProxy(
  url: string,
): { readonly without: string; readonly secrets: readonly string[] } | undefined {
  const [, scheme = "", user, host = ""] = /^([\w+.-]+:\/\/)?(.+)@([^@]*)$/s.exec(url.trim()) ?? [];
  if (user === undefined) return undefined;
  return {
    without: `${scheme}${host}`,
    secrets: [user, ...pairOf(...split(user)), ...pairOf(...split(unescaped(user)))],
  };
}

function split(pair: string): [user: string, password: string] {
  const colon = pair.indexOf(":");
  return colon < 0 ? ["", pair] : [pair.slice(0, colon), pair.slice(colon + 1)];
}

/** A password that equals the user name is not redacted, since that would hide the user name. */
function pairOf(user: string, password: string): string[] {
  return [`${user}:${password}`, ...secretsOfPassword(password, user)];
}

/** A password, and each side of a colon in it, since a server may take what is before or after that as the password. */
export function secretsOfPassword(password: string, user: string | undefined): string[] {
  const colons = [...password.matchAll(/:/g)].map(({ index }) => index);
  const sides = [
    ...colons.flatMap((colon) => [password.slice(0, colon), password.slice(colon + 1)]),
    ...password.split(":"),
  ].filter((side) => side.length >= SHORTEST);
  return [...new Set([password, ...sides])].filter((text) => text !== user);
}

/** The secrets in `GRAFANA_AUTH`, which is a token or `user:password`. */
export function secretsOfAuth(auth: string): string[] {
  const [user, password] = split(auth);
  return user && password ? pairOf(user, password) : [auth];
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
