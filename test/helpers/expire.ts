import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** The sockets on which this process is a client, by their own port. */
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
 * Ends the time limit of the request that a server in this process got on a connection: a client with a long limit gives
 * up this request, and a loaded machine makes it give up no other.
 */
export function expire({ remotePort }: Pick<Socket, "remotePort">): void {
  sockets.get(remotePort ?? 0)?.emit("timeout");
}
