import type { Change } from "./change.ts";

/** Progress events. Reporters decide how they are shown. */
export type EngineEvent =
  | { readonly type: "connected"; readonly url: string; readonly version: string }
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "reading"; readonly kind: string }
  | { readonly type: "read"; readonly kind: string; readonly count: number }
  | { readonly type: "writing"; readonly kind: string; readonly done: number; readonly total: number }
  | { readonly type: "comparing"; readonly done: number; readonly total: number }
  | { readonly type: "shooting"; readonly done: number; readonly total: number }
  | { readonly type: "applying"; readonly total: number }
  | { readonly type: "sending"; readonly change: Change }
  | { readonly type: "applied"; readonly outcome: Outcome; readonly done: number; readonly total: number };

export type Emit = (event: EngineEvent) => void;

/** The outcome of one change of a plan. */
export interface Outcome {
  readonly change: Change;
  /** `skipped`: a change that it depends on failed. `cancelled`: the run was interrupted first. */
  readonly status: "done" | "failed" | "conflict" | "skipped" | "cancelled";
  readonly error?: Error;
  /** Why it was skipped. */
  readonly because?: string;
  readonly milliseconds: number;
}
