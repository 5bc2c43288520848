import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Credentials } from "../grafana/credentials.ts";
import { UsageError } from "../util/errors.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The credentials in the environment variables. Throws `UsageError` (exit 64) if they conflict or are incomplete. */
export function credentialsOf(variables: Variables): { credentials: Credentials; from: string | undefined } {
  // Values that were read from a file often end with a line break.
  const [token, auth] = [
    variables["GRAFANA_TOKEN"]?.trim() || undefined,
    variables["GRAFANA_AUTH"]?.trim() || undefined,
  ];
  for (const [name, value] of Object.entries({ GRAFANA_TOKEN: token, GRAFANA_AUTH: auth })) {
    // `user:password` is sent as base64, so it can contain any character.
    if (value !== undefined && !value.includes(":") && !fitsHttp("Authorization", value)) {
      throw new UsageError(
        `${name} contains characters that are not allowed in an HTTP header`,
        "Set it to the token only.",
        "credentials-invalid",
      );
    }
  }
  const [user, password] = [variables["GRAFANA_USER"] || undefined, variables["GRAFANA_PASSWORD"] || undefined];
  if (token !== undefined && auth !== undefined && token !== auth) {
    throw new UsageError(
      "GRAFANA_TOKEN and GRAFANA_AUTH have different values",
      "Unset one of them.",
      "credentials-conflict",
    );
  }
  if (auth?.includes(":") && user !== undefined && auth !== `${user}:${password ?? ""}`) {
    throw new UsageError(
      "GRAFANA_AUTH differs from GRAFANA_USER and GRAFANA_PASSWORD",
      "Unset GRAFANA_AUTH, or unset the other two.",
      "credentials-conflict",
    );
  }
  if (token !== undefined) return { credentials: { type: "token", token }, from: "GRAFANA_TOKEN" };
  if (auth !== undefined) {
    const colon = auth.indexOf(":");
    const basic = { type: "basic", user: auth.slice(0, colon), password: auth.slice(colon + 1) } as const;
    return { credentials: colon > 0 ? basic : { type: "token", token: auth }, from: "GRAFANA_AUTH" };
  }
  if (user !== undefined && password !== undefined) {
    return { credentials: { type: "basic", user, password }, from: "GRAFANA_USER" };
  }
  if (user !== undefined || password !== undefined) {
    const [set, unset] =
      user === undefined ? ["GRAFANA_PASSWORD", "GRAFANA_USER"] : ["GRAFANA_USER", "GRAFANA_PASSWORD"];
    throw new UsageError(
      `${set} is set, but ${unset} is not`,
      "Set both, or set GRAFANA_TOKEN.",
      "credentials-incomplete",
    );
  }
  return { credentials: { type: "none" }, from: undefined };
}

/** Parses a JSON object, the format that the Terraform provider uses. Its values can be secrets: no error contains them. */
export function headersOf(text: string | undefined): Record<string, string> | undefined {
  if (!text) return undefined;
  const hint = 'Set it to a JSON object whose values are strings: {"X-Auth-Request": "..."}.';
  let headers: unknown;
  try {
    headers = JSON.parse(text);
  } catch {
    throw new UsageError("GRAFANA_HTTP_HEADERS is not valid JSON", hint, "headers-invalid");
  }
  const entries =
    typeof headers === "object" && headers !== null && !Array.isArray(headers) ? Object.entries(headers) : undefined;
  if (!entries?.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
    throw new UsageError("GRAFANA_HTTP_HEADERS is not a JSON object of strings", hint, "headers-invalid");
  }
  for (const [name, value] of entries) {
    if (!fitsHttp(name, value)) {
      throw new UsageError(
        `GRAFANA_HTTP_HEADERS: the header "${name}" has an invalid name or value`,
        hint,
        "headers-invalid",
      );
    }
  }
  return Object.fromEntries(entries);
}

/** Checked here because the error of the first request would not say where the value comes from. */
function fitsHttp(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
