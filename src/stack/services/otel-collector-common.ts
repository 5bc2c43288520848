import { kibibytes } from "../settings.ts";

// What all OpenTelemetry collectors of the stack have in common.

/** The receivers of applications. */
export const RECEIVERS = {
  otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } },
} as const;

/** `memory`: the limit of the container: `1g`. */
export function commonProcessors(memory: string) {
  return {
    memory_limiter: {
      check_interval: "1s",
      limit_mib: Math.min(512, Math.floor((kibibytes(memory) / 1024) * (2 / 3))),
    },
    batch: { timeout: "1s", send_batch_size: 1024 },
  };
}
