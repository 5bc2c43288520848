/** How Prometheus and other clients in the stack connect to a service that requires credentials. In Prometheus' format. */
export interface HttpClient {
  readonly scheme?: "https";
  readonly basic_auth?: { readonly username: string; readonly password_file: string };
  readonly tls_config?: { readonly server_name: string; readonly ca_file?: string };
}

/** TLS and authentication of the published ports. */
export interface Access {
  /** The host name in URLs and in the certificate: `"monitoring.example.org"`. */
  readonly host: string;
  readonly tls: Certificate | Acme;
  /** Users of the services that have no login of their own. Their passwords are in the files `secrets/user-NAME`. */
  readonly users: readonly string[];
}

/** TLS and authentication as the services of a rendered stack see them. `elsewhere`: an Ingress terminates TLS in front of them. */
export interface ServedAccess extends Omit<Access, "tls"> {
  readonly tls: Certificate | Acme | { readonly elsewhere: true };
}

/** A certificate in files. Paths are relative to the definition, or absolute. */
export interface Certificate {
  /** PEM, with intermediate certificates. */
  readonly certificate: string;
  /** PEM. Must be readable by the users of the containers. */
  readonly key: string;
  /** The certificate authority in PEM, if systems don't trust it by default. */
  readonly ca?: string;
}

/** Certificates from an ACME certificate authority, such as Let's Encrypt. */
interface Acme {
  readonly acme: {
    /** The address for messages of the certificate authority. */
    readonly email: string;
    /** URL of its directory. Default: Let's Encrypt. */
    readonly directory?: string;
  };
}
