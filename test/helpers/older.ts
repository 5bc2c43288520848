import { createServer, request } from "node:http";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** Makes a real Grafana look like one without the Kubernetes-style API. Returns the URL of the proxy. */
export async function withoutNewerApi(url: string): Promise<string> {
  const server = createServer((incoming, answer) => {
    if (incoming.url?.startsWith("/apis")) {
      answer.writeHead(404, { "Content-Type": "application/json" }).end('{"message":"Not found"}');
      return;
    }
    const { method, headers } = incoming;
    const onward = request(`${url}${incoming.url}`, { ...(method ? { method } : {}), headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP port was expected");
  return `http://127.0.0.1:${address.port}`;
}
