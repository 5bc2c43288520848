import type { Redactor } from "../secrets/redact.ts";
import type { Credentials } from "./credentials.ts";

/** A wait before a request is sent again. */
interface Wait {
  readonly milliseconds: number;
  readonly why: string;
  /** Whether it may end earlier. */
  readonly atMost?: true;
}

export interface ClientOptions {
  /** Includes the sub-path, if any: `https://example.org/grafana`. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly orgId?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Paths of PEM files. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly insecure?: boolean };
  readonly proxy?: string;
  /** The maximum number of sockets, and so of concurrent requests. */
  readonly concurrency?: number;
  /** Milliseconds without any data after which an attempt fails. Default: 30,000. */
  readonly timeout?: number;
  /** Milliseconds before the first retry, doubled for each further one. Default: 400. */
  readonly retryDelay?: number;
  /** Milliseconds after which a request is not retried, even if its `Retry-After` is longer. Default: 120,000. */
  readonly patience?: number;
  /** Called for every request that is sent. `retry`: 0 for the first attempt. */
  readonly onRequest?: (request: { method: string; path: string; retry: number }) => void;
  /** Called before a noticeable wait, once for all requests that wait at the same time. */
  readonly onWait?: (wait: Wait) => void;
  /** Redacts errors. The credentials are added to it. Default: a new redactor. */
  readonly redactor?: Redactor;
}
