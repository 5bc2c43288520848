import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** Linux gives a listener or client without a port one from this range, usually from 32768 on. */
const FILE = "/proc/sys/net/ipv4/ip_local_port_range";
const OTHERS = existsSync(FILE) ? Number.parseInt(readFileSync(FILE, "utf8"), 10) : 32_768;
const MOST = 10_000;
/** Ports below that range, if it leaves enough of them. */
const RANGE = OTHERS > 2 * MOST ? { first: OTHERS - MOST, last: OTHERS - 1 } : { first: 20_000, last: 29_999 };

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
