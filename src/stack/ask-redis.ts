import { connect } from "node:net";
import { beginning, late, noAnswer } from "./ask.ts";

/** No answer to PING is longer; what goes on and on is no Redis. */
const LONGEST = 1024;

/** Connects and sends PING. What is wrong with the answer, or undefined; one that wants a password answers as well. */
export async function askRedis(host: string, port: number, timeout: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port });
  const timer = setTimeout(() => resolve(late(timeout)), timeout);
  let answer = "";
  socket.once("error", (error) => resolve(noAnswer(error, timeout).problem));
  socket.once("connect", () => socket.write("PING\r\n"));
  socket.once("close", () => resolve("closed the connection without an answer"));
  socket.on("data", (data) => {
    answer += data.toString("latin1");
    if (!answer.includes("\n") && answer.length < LONGEST) return;
    resolve(/^(\+PONG|-NOAUTH)/.test(answer) ? undefined : `answers, but not as expected${beginning(answer)}`);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
