import { RULE_GROUP } from "../../review/screenshots/temporary-folder.ts";
import type { JsonObject } from "../../util/json.ts";
import type { Check } from "../check.ts";
import { at, listAt, outcome, textOf } from "../found.ts";
import { DASHBOARDS, FOLDERS, type CheckRequests } from "../check-requests.ts";

export const VERSIONS: readonly Check[] = [
  {
    name: "dashboard-versions",
    title: "served versions of dashboards that these checks use",
    recorded: "v0alpha1, v1beta1, v2beta1",
    run: async (requests) => requests.served(DASHBOARDS, ["v0alpha1", "v1beta1", "v2beta1"]).join(", "),
  },
  {
    name: "folder-versions",
    title: "served versions of folders that these checks use",
    recorded: "v1beta1",
    run: async (requests) => requests.served(FOLDERS, ["v1beta1"]).join(", "),
  },
];

export const ALERTING: readonly Check[] = [
  {
    name: "provenance",
    title: "provenance of a rule written with the header X-Disable-Provenance, and without it",
    recorded: "none, api",
    async run(requests) {
      const disabled = await written(requests, [rule(requests)], { "X-Disable-Provenance": "true" });
      const enabled = await written(requests, [rule(requests)]);
      return [disabled, enabled].map(([one]) => textOf(at(one, "grafana_alert")["provenance"] || undefined)).join(", ");
    },
  },
  {
    name: "rule-group-without-rules",
    title: "rules after a write of a group without rules",
    recorded: "1",
    async run(requests) {
      await written(requests, [rule(requests)]);
      return String((await written(requests, [])).length);
    },
  },
];

/** The last one tries to delete the temporary folder. */
export const FOLDER: readonly Check[] = [
  {
    name: "folder-conflict",
    title: "create of a folder that exists",
    recorded: "412",
    async run(requests) {
      const body = {
        apiVersion: `${FOLDERS}/v1beta1`,
        kind: "Folder",
        metadata: { name: requests.folder },
        spec: { title: "A" },
      };
      return outcome(await requests.send({ method: "POST", path: requests.folderPath(), body }));
    },
  },
  {
    name: "folder-not-empty",
    title: "deletion of a folder that contains a dashboard",
    recorded: "400",
    async run(requests) {
      await requests.create("v1beta1", { title: "Check", schemaVersion: 42, panels: [] });
      return outcome(await requests.send({ method: "DELETE", path: requests.folderPath(requests.folder) }));
    },
  },
];

/** Paused, so that it never fires. */
function rule({ folder }: CheckRequests): JsonObject {
  return {
    uid: `${folder}-rule`,
    title: "Check",
    folderUID: folder,
    ruleGroup: RULE_GROUP,
    condition: "A",
    for: "1h",
    isPaused: true,
    noDataState: "OK",
    execErrState: "OK",
    data: [
      {
        refId: "A",
        relativeTimeRange: { from: 0, to: 0 },
        datasourceUid: "__expr__",
        model: { type: "math", expression: "0", refId: "A" },
      },
    ],
  };
}

/** Writes the group of the temporary folder and returns its rules. */
async function written(
  requests: CheckRequests,
  rules: JsonObject[],
  headers: Record<string, string> = {},
): Promise<JsonObject[]> {
  const path = `/api/v1/provisioning/folder/${requests.folder}/rule-groups/${RULE_GROUP}`;
  const body = { title: RULE_GROUP, folderUid: requests.folder, interval: 60, rules };
  await requests.must({ method: "PUT", path, body, headers });
  const group = await requests.must({
    method: "GET",
    path: `/api/ruler/grafana/api/v1/rules/${requests.folder}/${RULE_GROUP}`,
  });
  return listAt(group, "rules");
}
