import { connect } from "node:net";
import { excerpt, noAnswer, timeoutProblem } from "./ask.ts";

/** Maximum length of a response to PING. Longer output doesn't come from Redis. */
const MAX_LENGTH = 1024;

/** Sends PING and returns the problem, if any. A request for a password counts as a response. */
export async function askRedis(host: string, port: number, timeout: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port });
  const timer = setTimeout(() => resolve(timeoutProblem(timeout)), timeout);
  let answer = "";
  socket.once("error", (error) => resolve(noAnswer(error, timeout).problem));
  socket.once("connect", () => socket.write("PING\r\n"));
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
