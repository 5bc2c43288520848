import nock from "nock";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient, type Client } from "../../src/grafana/client.ts";
import { NotGrafana } from "../../src/grafana/errors.ts";
import { historyOf } from "../../src/grafana/history.ts";
import { kubernetesCollection } from "../../src/grafana/kubernetes.ts";
import { legacyFolders } from "../../src/grafana/legacy-folders.ts";
import { searchDashboards } from "../../src/grafana/search.ts";

const URL = "http://grafana.test";
const PATH = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const object = (name: string) => ({ metadata: { name, resourceVersion: "1", generation: 7 }, spec: { title: name } });
const many = (count: number) => Array.from({ length: count }, (_, index) => ({ uid: `u${index}`, title: "T" }));

test.each([
  {
    name: "a list of the Kubernetes-style API whose token repeats",
    answer: { metadata: { continue: "token" }, items: [object("a")] },
    read: (client: Client) =>
      kubernetesCollection(client, {
        apiVersion: "dashboard.grafana.app/v1beta1",
        path: PATH,
        kind: "Dashboard",
      }).list({ metadataOnly: false }),
  },
  {
    name: "a history whose token repeats",
    answer: { metadata: { continue: "token" }, items: [object("a")] },
    read: (client: Client) => historyOf(client, PATH, "a", 1),
  },
  {
    name: "a search that ignores the page",
    answer: many(5000).map((hit) => ({ ...hit, tags: [] })),
    read: (client: Client) => searchDashboards(client),
  },
  {
    name: "a list of folders that ignores the page",
    answer: many(1000),
    read: (client: Client) => legacyFolders(client).list({ metadataOnly: false }),
  },
])("$name is an error and not an endless loop", async ({ answer, read }) => {
  let requests = 0;
  nock(URL)
    .persist()
    .get(() => true)
    .reply(() => {
      if (++requests > 10) throw new Error("it goes on");
      return [200, answer];
    });
  const client = await createClient({ url: URL, credentials: { type: "token", token: "glsa_hidden" } });
  await expect(read(client)).rejects.toBeInstanceOf(NotGrafana);
  client.close();
});
