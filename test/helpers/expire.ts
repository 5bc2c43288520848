import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** The client sockets of this process, by local port. */
const sockets = new Map<number, Socket>();

subscribe("net.client.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  socket.once("connect", () => {
    const port = socket.localPort ?? 0;
    sockets.set(port, socket);
    socket.once("close", () => sockets.delete(port));
  });
});

/**
 * Expires the timeout of the request on a connection at once: the client can have a long timeout, so that only this request
 * times out on a loaded machine.
 */
export function expire({ remotePort }: Pick<Socket, "remotePort">): void {
  sockets.get(remotePort ?? 0)?.emit("timeout");
}
