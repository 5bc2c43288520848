import { Agent, request } from "node:http";
import pLimit from "p-limit";
import { manifestV2, model, type Format } from "./generate.ts";

const AUTHORIZATION = `Basic ${Buffer.from("admin:admin").toString("base64")}`;
const pathOf = (version: string) => `/apis/dashboard.grafana.app/${version}/namespaces/default/dashboards`;

/** The bare requests without the tool, as a lower bound for its times. */
export interface Floor {
  /** Seconds to create all dashboards with eight concurrent requests. In schema v2, each takes two requests. `distinct`: no two have equal panels. */
  create(prefix: string, count: number, options?: { readonly distinct?: boolean }): Promise<number>;
  /** Seconds to get each dashboard with this prefix, one after the other. */
  readEach(prefix: string): Promise<number>;
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

/** `format`: that of the dashboards, whose schema determines the API version. */
export function floorOf(url: string, format: Format = "json"): Floor {
  const version = format === "v2" ? "v2beta1" : "v1beta1";
  const dashboards = pathOf(version);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const send = (method: string, path: string, body?: unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      const data = body === undefined ? undefined : JSON.stringify(body);
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const headers = { Authorization: AUTHORIZATION, ...(data ? { "Content-Type": type } : {}) };
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
        await send("GET", `${dashboards}?limit=500${next && `&continue=${encodeURIComponent(next)}`}`),
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
    async create(prefix, count, { distinct = false } = {}) {
      const limit = pLimit(8);
      const made = Array.from({ length: count }, (_, index) => body(prefix, index, version));
      const bodies = distinct ? made.map(withOwnQueries) : made;
      const start = performance.now();
      const create = async (one: Body) => {
        await persist("POST", `${dashboards}?fieldValidation=Ignore`, one);
        // In schema v2, only the response has the uid, which the mark must contain.
        const { name, annotations } = one.metadata;
        if (format === "v2") await persist("PATCH", `${dashboards}/${name}`, { metadata: { annotations } });
      };
      await Promise.all(bodies.map((one) => limit(() => create(one))));
      return (performance.now() - start) / 1000;
    },
    async readEach(prefix) {
      const names = (await list()).map(({ metadata }) => metadata.name).filter((name) => name.startsWith(`${prefix}-`));
      const start = performance.now();
      for (const name of names) JSON.parse(await send("GET", `${dashboards}/${name}`));
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
      await Promise.all(mine.map(({ metadata }) => limit(() => persist("DELETE", `${dashboards}/${metadata.name}`))));
      await send("DELETE", `/api/datasources/uid/${prefix}-prometheus`);
    },
    close: () => agent.destroy(),
  };
}

interface Body {
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly labels: object;
  };
  readonly [property: string]: unknown;
}

/** The same dashboard with queries and titles of panels that no other one has. */
function withOwnQueries(one: Body, index: number): Body {
  const text = JSON.stringify(one).replaceAll("http_requests_total", `http_requests_${index}_total`);
  return JSON.parse(text.replaceAll("Requests of service", `Requests ${index} of service`)) as Body;
}

/** Includes the tool's annotations, so that Grafana stores the same data. */
function body(prefix: string, index: number, version: string): Body {
  const annotations = {
    "grafana.app/grant-permissions": "default",
    "grafana.app/managedBy": "kubectl",
    "grafana.app/managerId": prefix,
    "grafana.app/managerAllowsEdits": "true",
    "grafana.app/sourcePath": `dashboards/d${index}.json`,
    "grafana-provision/applied": `1:${"0".repeat(32)}:${"0".repeat(32)}:1:${prefix}-${index}`,
  };
  const { uid: _, ...classic } = model(prefix, index);
  const spec = version === "v2beta1" ? manifestV2(prefix, index).spec : classic;
  return {
    apiVersion: `dashboard.grafana.app/${version}`,
    kind: "Dashboard",
    metadata: { name: `${prefix}-${index}`, annotations, labels: { "grafana-provision/owner": prefix } },
    spec,
  };
}
