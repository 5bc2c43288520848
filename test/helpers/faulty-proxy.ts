import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expire } from "./expire.ts";

/** A request that is on its way to Grafana. */
export interface Passing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
  /** Sends the request to Grafana, once. Settles when Grafana has executed it, before the client gets the response. */
  readonly forward: () => Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: string | Buffer;
}

interface RealAnswer extends Answer {
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/**
 * The fate of a request. `pass` forwards Grafana's response, `reset` breaks the connection, `stall` never responds,
 * `expire` times out at once in a client of this process, `refuse` also rejects connections for a while, `delay`
 * responds late, and `cut` sends only this many bytes of the response (`framed`: with its full length announced, so
 * that the client detects the missing part). A response replaces Grafana's.
 */
export type Fate =
  | "pass"
  | "reset"
  | "stall"
  | "expire"
  | { readonly refuse: number }
  | { readonly delay: number }
  | { readonly cut: number; readonly framed: boolean }
  | Answer;

/** Decides the fate of a request. Grafana has executed the request if `forward` was called before. */
export type Decide = (request: Passing) => Fate | Promise<Fate>;

/** A proxy between the tool and a Grafana that applies the faults of a test. */
export interface FaultyProxy {
  readonly url: string;
  /** Replaces the function that decides; without an argument, all requests pass. */
  decide(decide?: Decide): void;
  /** Settles when all requests have had their fate, including those of killed processes. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function faultyProxy(target: string, first: Decide = () => "pass"): Promise<FaultyProxy> {
  let decide = first;
  let closed = false;
  const open = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    const handled: Promise<void> = handle(incoming, response)
      .catch(() => void incoming.socket.destroy())
      .finally(() => open.delete(handled));
    open.add(handled);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP port was expected");
  const { port } = address;

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await whole(incoming);
    const { method = "GET", url: path = "/" } = incoming;
    let answer: Promise<RealAnswer> | undefined;
    const forward = () => (answer ??= forwarded(target, incoming, body));
    const fate = await decide({ method, path, body: body.toString(), forward });
    if (fate === "stall") return;
    if (fate === "expire") return expire(incoming.socket);
    if (fate === "reset") return void incoming.socket.resetAndDestroy();
    if (typeof fate === "object" && "refuse" in fate) return refuse(incoming.socket, fate.refuse);
    if (typeof fate === "object" && "status" in fate) return send(response, fate);
    if (typeof fate === "object" && "delay" in fate) await sleep(fate.delay);
    const real = await forward();
    if (typeof fate === "object" && "cut" in fate) return cut(incoming.socket, real, fate);
    send(response, real);
  };

  const refuse = async (socket: Socket, milliseconds: number): Promise<void> => {
    socket.resetAndDestroy();
    if (!server.listening) return;
    server.close();
    for (const other of sockets) other.resetAndDestroy();
    await sleep(milliseconds);
    if (!closed && !server.listening) await listen(port);
  };

  return {
    url: `http://127.0.0.1:${port}`,
    decide(next = () => "pass") {
      decide = next;
    },
    async idle() {
      while (open.size > 0) await Promise.all(open);
    },
    async close() {
      closed = true;
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(open);
    },
  };
}

function send(response: ServerResponse, { status, headers = {}, body = "" }: Answer): void {
  const { "transfer-encoding": _, ...rest } = headers;
  response.writeHead(status, rest).end(body);
}

/** Breaks off within the response of Grafana. */
function cut(
  socket: Socket,
  { status, body }: RealAnswer,
  { cut: length, framed }: { cut: number; framed: boolean },
): void {
  const size = framed ? `Content-Length: ${Math.max(body.length, length + 1)}\r\n` : "Connection: close\r\n";
  socket.write(`HTTP/1.1 ${status} Cut\r\nContent-Type: application/json\r\n${size}\r\n`);
  socket.end(body.subarray(0, length));
}

async function forwarded(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<RealAnswer> {
  const request = httpRequest(`${target}${url}`, { method, headers });
  request.end(body);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await whole(answer) };
}

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
