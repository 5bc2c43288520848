import { connect } from "node:net";
import { connect as connectWithTls } from "node:tls";
import { excerpt, noAnswer, timeoutProblem } from "./ask.ts";
import type { HostClient } from "./host-client.ts";

/** Maximum length of a response to PING. Longer output doesn't come from Redis. */
const MAX_LENGTH = 1024;

/** Sends PING and returns the problem, if any. A request for a password counts as a response. */
export async function askRedis(
  host: string,
  port: number,
  timeout: number,
  client?: Pick<HostClient, "authority" | "host">,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = client ? connectWithTls({ host, port, ...tlsOf(client) }) : connect({ host, port });
  const timer = setTimeout(() => resolve(timeoutProblem(timeout)), timeout);
  let answer = "";
  socket.once("error", (error) => resolve(noAnswer(error, timeout).problem));
  // Sent when the connection is ready.
  socket.write("PING\r\n");
  socket.once("close", () => resolve("connection closed without a response"));
  socket.on("data", (data) => {
    answer += data.toString("latin1");
    if (!answer.includes("\n") && answer.length < MAX_LENGTH) return;
    resolve(/^(\+PONG|-NOAUTH)/.test(answer) ? undefined : `unexpected response${excerpt(answer)}`);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function tlsOf({ authority, host }: Pick<HostClient, "authority" | "host">): { servername: string; ca?: string } {
  return { servername: host, ...(authority === undefined ? {} : { ca: authority }) };
}
