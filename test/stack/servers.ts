import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

export interface Listening {
  readonly port: number;
  /** Received requests, or the data that was received on a socket. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** A web server that closes when the test ends. */
export async function webServer(answer: RequestListener, host = "127.0.0.1", port = 0): Promise<Listening> {
  const seen: string[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  return { ...(await listen(server, host, port, () => server.closeAllConnections())), seen };
}

/** A TCP server that closes when the test ends. */
export async function socketServer(answer: (socket: Socket) => void): Promise<Listening> {
  const sockets = new Set<Socket>();
  const seen: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => seen.push(data.toString("latin1")));
    answer(socket);
  });
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { ...(await listen(server, "127.0.0.1", 0, drop)), seen };
}

/** A server that answers PING like Redis. */
export async function redisLike(answer = "+PONG\r\n"): Promise<Listening> {
  return socketServer((socket) => socket.once("data", () => socket.write(answer)));
}

async function listen(
  server: HttpServer | Server,
  host: string,
  port: number,
  drop: () => void,
): Promise<Pick<Listening, "port" | "close">> {
  server.listen(port, host);
  await once(server, "listening");
  const close = async () => {
    drop();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, close };
}

/** A port that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  return promisify(execFile)(program, ["--version"]).then(
    () => true,
    () => false,
  );
}

/** Runs a program until the test ends. Throws with its output if it exits before it is ready. */
export async function running(
  program: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let written = "";
  child.stdout.on("data", (chunk: Buffer) => (written += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (written += chunk.toString()));
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`${program} exited: ${written}`);
    await sleep(100);
  }
  return child;
}
