import { Agent, request } from "node:http";
import pLimit from "p-limit";
import { model } from "./generate.ts";

const AUTHORIZATION = `Basic ${Buffer.from("admin:admin").toString("base64")}`;
const DASHBOARDS = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";

/** The bare requests without the tool, as a lower bound for its times. */
export interface Floor {
  /** Seconds to create all dashboards with eight concurrent requests. */
  create(prefix: string, count: number): Promise<number>;
  /** Seconds to list all dashboards with their bodies. */
  listBodies(): Promise<number>;
  /** Seconds to get the rules, the contact points and the notification policies, concurrently. */
  listAlerting(): Promise<number>;
  /** Deletes all dashboards with this prefix and their datasource. */
  clear(prefix: string): Promise<void>;
  close(): void;
}

const ALERTING_LISTS = [
  "/api/ruler/grafana/api/v1/rules",
  "/api/v1/provisioning/contact-points",
  "/api/v1/provisioning/policies",
];

export function floorOf(url: string): Floor {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const send = (method: string, path: string, body?: unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      const data = body === undefined ? undefined : JSON.stringify(body);
      const headers = { Authorization: AUTHORIZATION, ...(data ? { "Content-Type": "application/json" } : {}) };
      const outgoing = request(url + path, { agent, method, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => {
          const status = answer.statusCode ?? 0;
          if (status < 300 || (method === "DELETE" && status === 404)) resolve(text);
          else reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 200)}`));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(data);
    });

  /** Like the tool, retries after Grafana's occasional 500 "database is locked" on SQLite. */
  const persist = async (method: string, path: string, body?: unknown): Promise<string> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(method, path, body);
      } catch (error) {
        // Grafana retries such a write too, and can then find its own result.
        if (String(error).includes("AlreadyExists")) return "";
        if (attempt >= 5 || !String(error).includes("database is locked")) throw error;
      }
    }
  };

  const list = async (): Promise<{ metadata: { name: string } }[]> => {
    const items: { metadata: { name: string } }[] = [];
    let next = "";
    do {
      const page = JSON.parse(
        await send("GET", `${DASHBOARDS}?limit=500${next && `&continue=${encodeURIComponent(next)}`}`),
      ) as {
        metadata: { continue?: string };
        items: { metadata: { name: string } }[] | null;
      };
      items.push(...(page.items ?? []));
      next = page.metadata.continue ?? "";
    } while (next);
    return items;
  };

  return {
    async create(prefix, count) {
      const limit = pLimit(8);
      const bodies = Array.from({ length: count }, (_, index) => body(prefix, index));
      const start = performance.now();
      await Promise.all(bodies.map((one) => limit(() => persist("POST", `${DASHBOARDS}?fieldValidation=Ignore`, one))));
      return (performance.now() - start) / 1000;
    },
    async listBodies() {
      const start = performance.now();
      await list();
      return (performance.now() - start) / 1000;
    },
    async listAlerting() {
      const start = performance.now();
      for (const text of await Promise.all(ALERTING_LISTS.map((path) => send("GET", path)))) JSON.parse(text);
      return (performance.now() - start) / 1000;
    },
    async clear(prefix) {
      const limit = pLimit(8);
      const mine = (await list()).filter(({ metadata }) => metadata.name.startsWith(`${prefix}-`));
      await Promise.all(mine.map(({ metadata }) => limit(() => persist("DELETE", `${DASHBOARDS}/${metadata.name}`))));
      await send("DELETE", `/api/datasources/uid/${prefix}-prometheus`);
    },
    close: () => agent.destroy(),
  };
}

/** Includes the tool's annotations, so that Grafana stores the same data. */
function body(prefix: string, index: number): unknown {
  const annotations = {
    "grafana.app/grant-permissions": "default",
    "grafana.app/managedBy": "kubectl",
    "grafana.app/managerId": prefix,
    "grafana.app/managerAllowsEdits": "true",
    "grafana.app/sourcePath": `dashboards/d${index}.json`,
    "grafana-provision/applied": `1:${"0".repeat(32)}:${"0".repeat(32)}:1:${prefix}-${index}`,
  };
  const { uid: _, ...spec } = model(prefix, index);
  return {
    apiVersion: "dashboard.grafana.app/v1beta1",
    kind: "Dashboard",
    metadata: { name: `${prefix}-${index}`, annotations, labels: { "grafana-provision/owner": prefix } },
    spec,
  };
}
