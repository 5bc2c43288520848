import { expect, test } from "vitest";
import { driftOf, readPast } from "../../src/engine/drift.ts";
import { dashboard } from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { driftText } from "../../src/report/drift.ts";
import { versionMessage } from "../../src/rollback/who.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";

const JOB = "https://ci.example.org/job/7";
const SHA = "0123456789abcdef0123456789abcdef01234567";

test.each([
  [{ CI_COMMIT_SHA: SHA, CI_JOB_URL: JOB }, `grafana-provision: commit 0123456789ab, ${JOB}`],
  [
    { GITHUB_SHA: SHA, GITHUB_SERVER_URL: "https://g", GITHUB_REPOSITORY: "a/b", GITHUB_RUN_ID: "7" },
    "grafana-provision: commit 0123456789ab, https://g/a/b/actions/runs/7",
  ],
  [{ CI_JOB_URL: JOB }, `grafana-provision: ${JOB}`],
  [{ CI_COMMIT_SHA: "not a commit" }, undefined],
  [{}, undefined],
])("the message of %o", (variables, message) => {
  expect(versionMessage(variables)).toBe(message);
});

test.runIf(MARKS)(
  "each write of a dashboard carries the message, and the next write without one has none",
  async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const uid = grafana.name("board");
    const board = (title: string) => dashboard({ uid, spec: { title } });
    const context = await grafana.context(owner);

    await converge({ ...context, message: "first" }, [board("One")]);
    await converge({ ...context, message: "second" }, [board("Two")]);
    await converge(await grafana.context(owner), [board("Three")]);

    const path = `/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards?labelSelector=grafana.app/get-history=true&fieldSelector=metadata.name=${uid}`;
    const { items } = (await grafana.other.send({ method: "GET", path })) as {
      items: { metadata: { annotations?: Record<string, string> } }[];
    };
    const said = items.map(({ metadata }) => metadata.annotations?.["grafana.app/message"] ?? "");
    expect(said).toEqual(["", "second", "first"]);
  },
);

test.runIf(MARKS)("drift shows the message of the last apply, and those of later saves", async () => {
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const board = dashboard({ uid: grafana.name("board"), spec: { title: "Board" } });
  const context = await grafana.context(owner);
  await converge({ ...context, message: `commit abc, ${JOB}` }, [board]);
  const path = `/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/${board.uid ?? ""}`;
  const live = (await grafana.other.send({ method: "GET", path })) as {
    metadata: { annotations: Record<string, string> };
    spec: object;
  };
  const annotations = { ...live.metadata.annotations, "grafana.app/message": "tried something" };
  const body = { ...live, metadata: { ...live.metadata, annotations }, spec: { ...live.spec, title: "Edited" } };
  await grafana.other.send({ method: "PUT", path, body });

  const { plan, comparisons, context: read } = await planFor(context, [board], { prune: true });
  const about = { plan, comparisons, ledger: read.ledger, marks: true, kinds };
  const report = driftOf({ ...about, past: await readPast(read, about) });

  expect(report.drift).toMatchObject([
    { state: "changed", appliedBy: `commit abc, ${JOB}`, saves: [{ message: "tried something" }] },
  ]);
  const text = driftText(report, { stream: process.stdout, color: false });
  expect(text).toContain(`last applied by commit abc, ${JOB}`);
  expect(text).toContain(': "tried something"');
});
