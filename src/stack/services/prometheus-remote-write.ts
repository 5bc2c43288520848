import { z } from "zod";
import { inContainer } from "../access.ts";
import type { SecretFile } from "../service.ts";
import { HostFile, HttpUrl } from "../settings.ts";

/** A system that gets the samples of Prometheus: https://prometheus.io/docs/specs/prw/remote_write_spec/ */
export interface RemoteWrite {
  /** Part of metric names about this target: `"mimir"`. */
  readonly name: string;
  /** `"https://mimir.example.org/api/v1/push"` */
  readonly url: string;
  /** User for basic authentication; requires `passwordFile`. */
  readonly username?: string;
  readonly passwordFile?: string;
  /** A file with a token, in place of a user. */
  readonly tokenFile?: string;
  /** The tenant, in the header `X-Scope-OrgID` of Mimir. */
  readonly tenant?: string;
  /** Regular expressions of metric names that are not sent. */
  readonly drop?: readonly string[];
}

export const RemoteWrites = z
  .array(
    z
      .strictObject({
        name: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/, "use lowercase letters, digits and inner hyphens"),
        url: HttpUrl,
        username: z.string().min(1).exactOptional(),
        passwordFile: HostFile.exactOptional(),
        tokenFile: HostFile.exactOptional(),
        tenant: z.string().min(1).exactOptional(),
        drop: z.array(z.string().min(1)).exactOptional(),
      })
      .refine(
        ({ username, passwordFile }) => (username === undefined) === (passwordFile === undefined),
        "must have both username and passwordFile, or neither",
      )
      .refine(
        ({ username, tokenFile }) => username === undefined || tokenFile === undefined,
        "must have either username or tokenFile",
      ),
  )
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "contains a name twice");

type Write = z.output<typeof RemoteWrites>[number];

const secretName = (name: string) => `remote-write-${name}`;

/** The files with secrets that remote writes read. */
export function remoteWriteFiles(all: readonly Write[]): SecretFile[] {
  return all.flatMap(({ name, passwordFile, tokenFile }) => {
    const path = passwordFile ?? tokenFile;
    return path === undefined ? [] : [{ name: secretName(name), path }];
  });
}

export function remoteWriteConfig({ name, url, username, tokenFile, tenant, drop = [] }: Write): object {
  const file = inContainer(secretName(name));
  return {
    name,
    url,
    ...(username === undefined ? {} : { basic_auth: { username, password_file: file } }),
    ...(tokenFile === undefined ? {} : { authorization: { credentials_file: file } }),
    ...(tenant === undefined ? {} : { headers: { "X-Scope-OrgID": tenant } }),
    ...(drop.length > 0
      ? { write_relabel_configs: [{ source_labels: ["__name__"], regex: drop.join("|"), action: "drop" }] }
      : {}),
  };
}
