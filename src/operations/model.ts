import type { Client } from "../grafana/client.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import type { Desired } from "../engine/model.ts";
import type { Backend } from "../check/model.ts";

/** Reads an endpoint of a server: `/api/v1/query` of Prometheus, `/loki/api/v1/query` of Loki. */
export type Read = (path: string, parameters: Readonly<Record<string, string>>) => Promise<unknown>;

/** A server that answers questions. */
export interface Source {
  /** `Prometheus at http://localhost:9090` */
  readonly description: string;
  readonly read: Read;
  /** What went wrong; undefined: the error is a defect of the tool. */
  problem(error: unknown): string | undefined;
}

/** Something that can't be asked, and why. */
export interface Missing {
  readonly missing: string;
}

/** The code of the project. */
export interface ReportedCode {
  readonly desired: readonly Desired[];
  /** Runs queries of the code. */
  readonly backend: Backend | Missing;
}

/** Whom the sections ask, and about which time. */
export interface Asked {
  readonly prometheus: Source | Missing;
  readonly loki: Source | Missing;
  readonly grafana: GrafanaConnection | Missing;
  readonly code: ReportedCode | Missing;
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Rows of a section. */
  readonly limit: number;
  /** A stream selector of Loki. */
  readonly logs: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

export type Cell = string | number | boolean;

/** `percent`: 0 to 100. `time`: RFC 3339. */
export type Unit = "percent" | "seconds" | "bytes" | "bytes-per-day" | "days" | "time";

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly unit?: Unit;
}

export type Row = Readonly<Record<string, Cell>>;

/** What one section found. */
interface Found {
  readonly rows: readonly Row[];
  /** One sentence. */
  readonly summary: string;
  /** Whether a person should look at it. */
  readonly attention: boolean;
}

/** A part of the report. */
export interface Section extends Found {
  readonly id: string;
  readonly title: string;
  /** `unknown`: nothing could be asked. */
  readonly state: "ok" | "attention" | "unknown";
  readonly columns: readonly Column[];
  /** Rows that are left out. */
  readonly more: number;
  /** What could not be asked, and why. */
  readonly unasked: readonly string[];
}

/** How a section is made. */
export interface Topic {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** Undefined: nothing could be asked. */
  find(asking: Asking): Promise<Found | undefined>;
}

/** Asks servers for one section, and notes what could not be asked. */
export interface Asking extends Pick<Asked, "from" | "to" | "limit" | "logs" | "concurrency" | "signal"> {
  prometheus<Answer>(what: string, ask: (read: Read) => Promise<Answer>): Promise<Answer | undefined>;
  loki<Answer>(what: string, ask: (read: Read) => Promise<Answer>): Promise<Answer | undefined>;
  grafana<Answer>(
    what: string,
    ask: (grafana: GrafanaConnection, client: Client) => Promise<Answer>,
  ): Promise<Answer | undefined>;
  code<Answer>(what: string, ask: (code: ReportedCode) => Promise<Answer>): Promise<Answer | undefined>;
  /** Notes something else that is not known. */
  note(what: string): void;
}
