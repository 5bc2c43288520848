import { createClient, type Client } from "../../grafana/client.ts";
import { proxyOf } from "../../grafana/proxy.ts";
import { environment } from "../../secrets/environment.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { reject } from "../invalid.ts";

/** Connects to a Prometheus. The URL can contain credentials, so errors don't contain it. */
export async function connect(url: string, headers?: Readonly<Record<string, string>>): Promise<Client> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    reject("prometheus", "not a valid URL", "Use a URL such as http://localhost:9090.");
  const [user, password] = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)];
  const plain = `${parsed.origin}${parsed.pathname}`;
  const proxy = proxyOf(plain, environment());
  return createClient({
    url: plain,
    credentials: user === "" ? { type: "none" } : { type: "basic", user, password },
    redactor: outgoing,
    ...(headers === undefined ? {} : { headers }),
    ...(proxy === undefined ? {} : { proxy }),
  });
}
