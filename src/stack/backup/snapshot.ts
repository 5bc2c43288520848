import { z } from "zod";
import { EXIT, ProvisionError } from "../../util/errors.ts";
import type { Stack } from "../definition.ts";
import { runCli, type Engine } from "../engine.ts";
import type { StackPlace } from "../host-client.ts";
import type { Service } from "../service.ts";
import { serviceApi, ServiceRequestFailed } from "../service-api.ts";

const Snapshot = z.looseObject({ data: z.looseObject({ name: z.string().regex(/^[\w-]+$/) }) });

/** Milliseconds. A snapshot writes all series in memory to disk. */
const TIMEOUT = 300_000;

/** Whether a running service makes snapshots, so that a backup doesn't stop it. */
export function canSnapshot({ name, settings, ports }: Service): boolean {
  const { adminApi } = settings as { readonly adminApi?: boolean };
  return name === "prometheus" && adminApi === true && ports["http"] !== undefined;
}

/** Makes Prometheus write a snapshot, and returns the name of its directory. Throws exit 1 if it can't. */
export async function takeSnapshot(stack: Stack, place: StackPlace): Promise<string> {
  try {
    const api = await serviceApi(stack, "prometheus", { place, timeout: TIMEOUT });
    // https://prometheus.io/docs/prometheus/latest/querying/api/#snapshot
    const answer = await api?.post("/api/v1/admin/tsdb/snapshot");
    return Snapshot.parse(answer).data.name;
  } catch (error) {
    if (!(error instanceof ServiceRequestFailed || error instanceof z.ZodError)) throw error;
    const why = error instanceof ServiceRequestFailed ? error.message : "unexpected response";
    throw new ProvisionError(`Prometheus made no snapshot: ${why}. No backup was written`, {
      exitCode: EXIT.failure,
      code: "stack-backup-failed",
      hint: "After a change of `adminApi`, run `stack:up`. Without `adminApi`, Prometheus is stopped while its data is copied.",
    });
  }
}

/** Removes a snapshot in the container. A leftover needs little space, because its files are links. */
export async function removeSnapshot(engine: Engine, container: string, path: string): Promise<void> {
  await runCli(engine, ["exec", container, "rm", "-r", path]);
}
