import { createServer } from "node:net";
import { codeOf } from "../util/errors.ts";
import type { Stack } from "./definition.ts";

/** A host port to publish. */
export interface WantedPort {
  readonly port: number;
  /** `"Grafana"` */
  readonly title: string;
  /** `services.grafana.ports.http` */
  readonly path: string;
}

export function wantedPorts({ services }: Stack): WantedPort[] {
  return [...services.values()].flatMap(({ name, type, ports }) =>
    Object.entries(ports).map(([port, host]) => ({
      port: host,
      title: type.title,
      path: `services.${name}.ports.${port}`,
    })),
  );
}

/** The ports that are in use. Tries to listen on each, as an engine would. */
export async function takenPorts(bind: string, wanted: readonly WantedPort[]): Promise<WantedPort[]> {
  const taken = await Promise.all(wanted.map(({ port }) => isTaken(bind, port)));
  return wanted.filter((_, index) => taken[index]);
}

async function isTaken(host: string, port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  server.once("error", (error) => {
    const code = codeOf(error);
    if (code === "EADDRINUSE") resolve(true);
    // The engine can have rights that this user lacks, for ports below 1024, and reports foreign addresses itself.
    else if (code === "EACCES" || code === "EADDRNOTAVAIL") resolve(false);
    else reject(error);
  });
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)));
  return promise;
}
