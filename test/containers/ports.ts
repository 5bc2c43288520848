import { once } from "node:events";
import { createServer } from "node:net";

/** Linux gives listeners without a port one from 32768 on. */
const RANGE = { first: 20_000, last: 29_999 };

/**
 * Free ports to publish. The firewall redirects a published port, and after a killed run it does so until somebody removes
 * the rules: such a port must never be one that the system gives to a server of another test.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = RANGE.first + Math.floor(Math.random() * (RANGE.last - RANGE.first + 1));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
