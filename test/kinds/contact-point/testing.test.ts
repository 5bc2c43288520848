import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ContactPointTestSchema } from "../../../src/report/contact-point.ts";
import { withoutPaths } from "../../../src/util/without-paths.ts";
import { testProject } from "../../helpers/cli.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { KUBERNETES } from "../../helpers/mode.ts";
import { HAS_TERMINAL, onTerminal } from "../../helpers/terminal.ts";

const SECRET = "T0000-hunter22-secret";

/** A server for webhooks, which rejects those to `/down`. */
async function sink() {
  const messages: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      messages.push(`${request.url} ${body}`);
      response.writeHead(request.url === "/down" ? 500 : 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, messages };
}

async function scene() {
  const grafana = await testGrafana();
  const { url, messages } = await sink();
  const [good, bad] = [grafana.name("good"), grafana.name("bad")];
  const add = (name: string, target: string) =>
    grafana.other.send({
      method: "POST",
      path: "/api/v1/provisioning/contact-points",
      body: { uid: `${name}-${target.length}`.slice(-40), name, type: "webhook", settings: { url: target } },
    });
  await add(good, `${url}/up`);
  await add(bad, `${url}/up`);
  await add(bad, `${url}/down`);
  await add(bad, `http://127.0.0.1:1/services/${SECRET}`);
  const project = await testProject({ "resources/none.json": "{}" });
  await project.remove("resources/none.json");
  const run = async (...args: string[]) => {
    const { stdout, stderr, code } = await project.run(["contact-point", "test", ...args], grafana.variables);
    return { stdout, stderr, code, all: stdout + stderr };
  };
  return { grafana, project, run, messages, good, bad };
}

test.skipIf(!KUBERNETES)("each integration reports its answer, and no secret is printed", async () => {
  const { run, messages, good, bad } = await scene();
  const one = await run(good, "--yes", "-o", "json");
  expect(one.code).toBe(0);
  const { integrations } = ContactPointTestSchema.parse(JSON.parse(one.stdout));
  expect(integrations?.map(({ type, status }) => [type, status])).toEqual([["webhook", "sent"]]);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatch(/^\/up .*This is a test of the contact point/);

  const several = await run(bad, "--yes", "-o", "json");
  expect(several.code).toBe(1);
  const report = ContactPointTestSchema.parse(JSON.parse(several.stdout));
  expect(report.integrations?.map(({ status }) => status).toSorted()).toEqual(["failed", "failed", "sent"]);
  expect(several.all).not.toContain(SECRET);
  expect(report.integrations?.map(({ error = "" }) => error).join()).toContain("connection refused");
  expect(messages.map((message) => message.slice(0, message.indexOf(" "))).toSorted()).toEqual(["/down", "/up", "/up"]);
});

test.skipIf(!KUBERNETES)("nothing is sent without consent, or if there is no such contact point", async () => {
  const { run, messages, good } = await scene();
  const asked = await run(good, "-o", "json");
  expect([asked.code, ContactPointTestSchema.parse(JSON.parse(asked.stdout)).error?.code]).toEqual([
    64,
    "confirmation-required",
  ]);
  const missing = await run(`${good}x`, "--yes", "-o", "json");
  const { error } = ContactPointTestSchema.parse(JSON.parse(missing.stdout));
  expect([missing.code, error?.code, error?.hint?.includes(good)]).toEqual([1, "grafana-object-missing", true]);
  expect(messages).toEqual([]);
});

test.skipIf(!KUBERNETES || !HAS_TERMINAL)("on a terminal, the command asks first", async () => {
  const { project, grafana, messages, good } = await scene();
  const args = ["contact-point", "test", good];
  const no = await onTerminal(project, args, grafana.variables, [["[y/N]", "n\r"]]);
  expect([no.code, messages.length]).toEqual([5, 0]);
  const yes = await onTerminal(project, args, grafana.variables, [["[y/N]", "y\r"]]);
  expect([yes.code, messages.length]).toEqual([0, 1]);
});

test.runIf(!KUBERNETES)("an older Grafana has no API for it", async () => {
  const { run, good } = await scene();
  const { code, stdout } = await run(good, "--yes", "-o", "json");
  expect([code, ContactPointTestSchema.parse(JSON.parse(stdout)).error?.code]).toEqual([
    6,
    "grafana-version-unsupported",
  ]);
});

test.each([
  ['Post "https://hooks.slack.com/services/T0/B0/xyz": EOF', 'Post "https://hooks.slack.com/…": EOF'],
  ["https://api.telegram.org/bot123:abc/sendMessage: no", "https://api.telegram.org/… no"],
  ["redis://user:pass@host:6379 is down", "redis://host:6379 is down"],
  ["https://example.org?token=abc.", "https://example.org/…"],
  ["no URL: https is off", "no URL: https is off"],
])("%s", (text, shown) => {
  expect(withoutPaths(text)).toBe(shown);
});

test("the published schema of the JSON output is up to date", async () => {
  const file = new URL("../../../schema/contact-point.v1.json", import.meta.url);
  const published: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(ContactPointTestSchema))));
});
