import type { Change } from "./change.ts";

/** What happens, as it happens. Nothing here says how it looks: reporters decide that. */
export type EngineEvent =
  | { readonly type: "connected"; readonly url: string; readonly version: string }
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "reading"; readonly kind: string }
  | { readonly type: "read"; readonly kind: string; readonly count: number }
  | { readonly type: "comparing"; readonly done: number; readonly total: number }
  | { readonly type: "applying"; readonly total: number }
  | { readonly type: "applied"; readonly outcome: Outcome; readonly done: number; readonly total: number };

export type Emit = (event: EngineEvent) => void;

/** How one change of a plan ended. */
export interface Outcome {
  readonly change: Change;
  /** `skipped`: something it needs failed. `cancelled`: the run was interrupted before it. */
  readonly status: "done" | "failed" | "conflict" | "skipped" | "cancelled";
  readonly error?: Error;
  /** Why it was skipped, as a sentence. */
  readonly because?: string;
  readonly milliseconds: number;
}
