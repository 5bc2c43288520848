import type { KindContext } from "./kind-context.ts";

/** What became of a test message. */
export interface TestResult {
  readonly uid: string;
  /** `slack` */
  readonly type: string;
  readonly status: "sent" | "failed";
  /** Why it failed, without the addresses and secrets that Grafana sends it with. */
  readonly error?: string;
}

/** Objects that can send a test message. */
export interface TestingFacet {
  /** The integrations that would send one. Throws if the object doesn't exist, or if this Grafana has no API for it. */
  senders(context: KindContext, id: string): Promise<readonly TestSender[]>;
}

/** One integration that can send a test message. */
interface TestSender {
  readonly type: string;
  send(): Promise<TestResult>;
}
