import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** The client sockets of this process. Two connections to different servers can have the same local port. */
const sockets = new Map<string, Socket>();

subscribe("net.client.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  socket.once("connect", () => {
    const ports = `${socket.localPort}-${socket.remotePort}`;
    sockets.set(ports, socket);
    socket.once("close", () => sockets.delete(ports));
  });
});

/**
 * Expires the timeout of the request on a connection at once: the client can have a long timeout, so that only this request
 * times out on a loaded machine. The connection is one that a server of this process accepted.
 */
export function expire({ localPort, remotePort }: Pick<Socket, "localPort" | "remotePort">): void {
  const socket = sockets.get(`${remotePort}-${localPort}`);
  if (socket === undefined) throw new Error(`no client of this process is connected from port ${remotePort}`);
  socket.emit("timeout");
}
