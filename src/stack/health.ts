import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import type { Service } from "./service.ts";

/** How a service, or the application that is watched, answers. */
export interface ServiceHealth {
  readonly name: ServiceName | "backend";
  /** `"Loki"` */
  readonly title: string;
  /** What was asked: `"http://127.0.0.1:3100/ready"`; undefined where no port of it is published. */
  readonly asked: string | undefined;
  readonly state: "up" | "down" | "unknown";
  /** Why it is down, as a sentence. */
  readonly detail?: string;
}

/** Asks one service from the host, once. Never throws. `timeout` in milliseconds. */
export async function checkService(
  _service: Service,
  _stack: Pick<Stack, "bind">,
  _timeout: number,
): Promise<ServiceHealth> {
  throw new Error("not written yet");
}
