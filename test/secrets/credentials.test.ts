import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { masked, maskedText, maskOf } from "../../src/secrets/mask.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { alertingGrafana, POINTS, points, theirPoint, theirTemplate } from "../alerting/support.ts";
import { datasourceNow, edit, editDatasource, make, makeDatasource } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, random, rounds, runs, SEED } from "../helpers/seed.ts";
import { filesIn } from "../rollback/support.ts";
import { FORMS } from "./forms.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Texts in which a credential can be recognized, with the credential in the place of `§`. */
const TEXTS = [
  "https://admin:§@prometheus.example.org/api",
  "https://§@git.example.org/team/repository.git",
  "postgres://app:§@db.example.org:5432/app?sslmode=require",
  "app:§@tcp(db.example.org:3306)/app",
  "host=db.example.org user=app password=§ dbname=app",
  "https://hooks.slack.com/services/T0/B0/§",
  "https://discord.com/api/webhooks/1234/§",
  "https://acme.webhook.office.com/webhookb2/§@tenant/IncomingWebhook/a/b",
  "https://prod-01.westeurope.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?api-version=1&sig=§",
  "https://events.pagerduty.com/integration/§/enqueue",
  "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=§",
  "https://api.telegram.org/bot1234:§/sendMessage",
  "https://chat.example.org/hooks/§",
  "https://hooks.example.org/§",
  "https://oncall.example.org/integrations/v1/alertmanager/§/",
  "https://api.example.org/v1/metrics?api_key=§&window=5m",
  "Authorization: Bearer §1aB",
  "glsa_§_0a1b2c3d",
];
const PLAIN = [
  "https://grafana.example.org:3000/d/abc/overview?orgId=1&var-job=api",
  "https://unpkg.com/react@18/index.js",
  'sum by (job) (rate(http_requests_total{token=~"a.+", secret="b"}[5m]))',
  "Basic authentication protects the bearer of bad news",
  "ssh://git@example.org/team/repository.git",
  "https://wiki.example.org/?token=${__data.fields.token}",
  "Password resets per minute: see /docs/webhooks",
];

describe("a credential in a text is masked", () => {
  const secret = "Xk9vQ2mZp7LwR4tB";
  for (const text of TEXTS) {
    test(`in ${text}, also if the text is quoted`, () => {
      const whole = text.replaceAll("§", secret);
      for (const quote of [(one: string) => one, JSON.stringify, FORMS["as Go's %q"], FORMS["percent-encoded"]]) {
        const left = maskedText(`see ${quote?.(whole)} for more`);
        expect(left).not.toContain(secret);
        expect(left).toContain("(secret)");
        expect(left).toMatch(/^see .* for more$/);
      }
    });
  }

  test("and stays as it is if it is masked again", () => {
    const once = TEXTS.flatMap((text) => {
      const whole = text.replaceAll("§", secret);
      return [whole, `(${whole})`, `see ${whole}.`, JSON.stringify(whole)].map(maskedText);
    });
    expect(once.map(maskedText)).toEqual(once);
  });

  test("and ordinary text is not", () => {
    expect(PLAIN.map(maskedText)).toEqual(PLAIN);
  });

  test("and JSON and HTML around it stay valid", () => {
    const values = TEXTS.map((text) => text.replaceAll("§", secret));
    expect(JSON.parse(maskedText(JSON.stringify({ values })))).toMatchObject({ values: values.map(maskedText) });
    const html = `<p>&quot;${values[5]}&quot;,&quot;after&quot;</p><b>more</b>`;
    expect(maskedText(html)).toBe("<p>&quot;https://hooks.slack.com/(secret)&quot;,&quot;after&quot;</p><b>more</b>");
  });
});

test("values are masked by the names of their properties and headers, and URLs in settings up to the host", () => {
  const value = {
    apiKey: "a",
    basic_auth_password: "b",
    tokens: ["c", "d"],
    headers: [
      { name: "X-Auth-Token", value: "e" },
      { name: "Accept", value: "text/plain" },
    ],
    settings: { url: "http://127.0.0.1:1/f", link: "http://127.0.0.1:1", message: "see http://127.0.0.1:1/g" },
    authType: "token",
    tokenUrl: "https://login.example.org/token",
    password: "${PASSWORD}",
    clientSecret: "$__file{/etc/secret}",
    token: "",
    maxTokens: 4096,
  };
  expect(masked(value)).toEqual({
    ...value,
    apiKey: "(secret)",
    basic_auth_password: "(secret)",
    tokens: ["(secret)", "(secret)"],
    headers: [
      { name: "X-Auth-Token", value: "(secret)" },
      { name: "Accept", value: "text/plain" },
    ],
    settings: { ...value.settings, url: "http://127.0.0.1:1/(secret)" },
  });
});

test("a credential that begins with $ is masked, unless the dashboard has such a variable", () => {
  const variable = (name: string, query: string) => ({ name, type: "constant", query });
  const panel = {
    headers: [{ name: "X-Api-Key", value: "$datasource" }],
    password: "$hunter2",
    title: "see $ecret2024",
  };
  for (const dashboard of [
    { panels: [panel], templating: { list: [variable("api_token", "$ecret2024"), variable("datasource", "a")] } },
    {
      panels: [panel],
      variables: ["api_token", "datasource"].map((name) => ({
        kind: "ConstantVariable",
        spec: { name, query: name === "datasource" ? "a" : "$ecret2024", current: { value: "a" } },
      })),
    },
  ]) {
    const shown = masked(dashboard);
    expect(JSON.stringify(shown)).not.toMatch(/ecret2024|hunter2/);
    expect(shown.panels).toEqual([{ ...panel, password: "(secret)", title: "see (secret)" }]);
  }
});

test("a number is masked by the name of its property", () => {
  const value = { jsonData: { apiKey: 998_877_665_544, timeout: 60 }, note: "998877665544", other: 998_877_665_544 };
  expect(masked(value)).toEqual({
    jsonData: { apiKey: "(secret)", timeout: 60 },
    note: "(secret)",
    other: "(secret)",
  });
  expect(masked({ token: 5, other: 5 })).toEqual({ token: "(secret)", other: 5 });
});

test("a URL in settings is masked after the host, even if it contains white space", () => {
  const urls = ["http://127.0.0.1:1/f g", " http://127.0.0.1:1/f", "http://127.0.0.1:1/f\n", "http://127.0.0.1:1/\tf"];
  for (const url of [...urls, "http:// 127.0.0.1:1/f", "http://a b:c@127.0.0.1:1/f", "amqps://127.0.0.1:1/f"])
    expect(masked({ settings: { url } }).settings.url, url).toMatch(/^\w+:\/\/[\w.:]+\/\(secret\)$/);
  for (const text of ["http://127.0.0.1:1/", "see http://127.0.0.1:1/g", "{{ .ExternalURL }}/a b"])
    expect(masked({ settings: { text } })).toEqual({ settings: { text } });
});

describe("a dashboard variable", () => {
  const one = (name: string, type: string) => ({
    name,
    type,
    query: "abc",
    current: { text: "abc", value: "abc" },
    options: [{ selected: true, text: "abc", value: "abc" }],
  });
  const hidden = {
    query: "(secret)",
    current: { text: "(secret)", value: "(secret)" },
    options: [{ selected: true, text: "(secret)", value: "(secret)" }],
  };

  test.each([
    ["api_token", "constant"],
    ["password", "textbox"],
    ["apiKey", "custom"],
  ])("named %s of the type %s is masked, also where only its value is shown", (name, type) => {
    const dashboard = { templating: { list: [one(name, type), one("region", "constant")] } };
    const [first, other] = masked(dashboard).templating.list;
    expect(first).toEqual({ name, type, ...hidden });
    expect(other).toMatchObject({ name: "region", query: "(secret)" });
    expect(maskOf(dashboard).json("abc")).toBe("(secret)");
  });

  test("in schema v2 is masked, and by its label", () => {
    const { type: _, ...spec } = one("api_token", "");
    expect(masked({ kind: "ConstantVariable", spec })).toMatchObject({ spec: hidden });
    expect(masked({ ...one("x", "textbox"), label: "API token" })).toMatchObject(hidden);
  });

  test("with another name, or with values from a query, is not masked", () => {
    for (const kept of [one("region", "constant"), one("token", "query"), one("token", "interval")])
      expect(masked(kept)).toEqual(kept);
  });
});

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly credentials: readonly string[];
  readonly name: Readonly<Record<"hook" | "ds" | "board" | "words" | "home", string>>;
  /** The next text with a credential in it. */
  readonly text: () => string;
  /** A credential without a text around it. */
  readonly credential: () => string;
}

async function scene(seed: number): Promise<Scene> {
  const grafana = await alertingGrafana();
  const next = random(seed);
  const credentials: string[] = [];
  const credential = () => {
    const made = Array.from({ length: 20 }, () => LETTERS[Math.floor(next() * LETTERS.length)] ?? "").join("");
    credentials.push(made);
    return made;
  };
  const [hook = "", ds = "", board = "", words = "", home = ""] = ["hook", "ds", "board", "words", "home"].map((stem) =>
    grafana.name(stem),
  );
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${grafana.name("own")}", resources: ["./resources"] };\n`,
  });
  let count = Math.floor(next() * TEXTS.length);
  return {
    grafana,
    project,
    credentials,
    name: { hook, ds, board, words, home },
    credential,
    text: () => (TEXTS[count++ % TEXTS.length] ?? "").replaceAll("§", credential()),
  };
}

/** Objects of others under the names that the code uses, or the same objects again with other credentials. */
async function theirs({ grafana, name, text, credential }: Scene): Promise<void> {
  await theirPoint(grafana, name.hook, {
    url: `https://alerts.example.org/${credential()}`,
    title: text(),
    message: text(),
    custom: {
      headers: [{ name: "X-Api-Key", value: credential() }],
      accessToken: credential(),
      deep: [text(), text()],
    },
  });
  const fields = {
    url: `http://admin:${credential()}@prometheus.example.org:9090`,
    jsonData: {
      apiToken: credential(),
      clientSecret: credential(),
      customQueryParameters: `token=${credential()}&window=5m`,
      tracing: [{ key: "Authorization", value: credential() }],
      note: text(),
      more: [text(), text(), text()],
    },
  };
  if (await datasourceNow(grafana, name.ds)) await editDatasource(grafana, name.ds, fields);
  else await makeDatasource(grafana, name.ds, fields);
  const spec = {
    title: name.board,
    description: text(),
    links: [{ title: "Link", type: "link", url: text() }],
    panels: [
      { id: 1, type: "text", title: "Notes", gridPos: { h: 8, w: 12, x: 0, y: 0 }, options: { content: text() } },
      {
        id: 2,
        type: "table",
        title: text(),
        gridPos: { h: 8, w: 12, x: 0, y: 8 },
        targets: [{ refId: "A", url: text() }],
      },
    ],
  };
  const there = (object: { spec: JsonObject }) => void Object.assign(object.spec, spec);
  await edit(grafana, "dashboard", name.board, there).catch(() => make(grafana, "dashboard", name.board, { spec }));
  await theirTemplate(grafana, name.words, text());
}

async function code({ project, name }: Scene, own = true): Promise<void> {
  const objects = `
    export const words = messageTemplate({ name: "${name.words}", template: 'ours' });
    export const hook = contactPoint({ name: "${name.hook}", integrations: [
      { type: "webhook", uid: "${name.hook}", settings: { url: "http://127.0.0.1:1/ours" } }] });
    export const ds = datasource({ uid: "${name.ds}", name: "${name.ds}", type: "prometheus", url: "http://prometheus:9090" });
    export const board = dashboard({ uid: "${name.board}", spec: { title: "${name.board}", panels: [] } });`;
  await project.write({
    "resources/all.ts": `
      import { contactPoint, dashboard, datasource, folder, messageTemplate } from "grafana-provision";
      export const home = folder({ uid: "${name.home}", title: "${name.home}" });${own ? objects : ""}`,
  });
}

describe.runIf(MARKS)("no output contains a credential of an object in Grafana", GENERATED, () => {
  test("in any command and format, including saved plans and the records of runs", async () => {
    for (const round of rounds(runs(2))) {
      const stage = await scene(SEED + round);
      const { grafana, project, credentials } = stage;
      const outputs = new Map<string, string>();
      const run = async (...args: string[]) => {
        const { code: exit, stdout, stderr } = await project.run(args, grafana.variables);
        // Completed, or skipped what others changed.
        expect([0, 2, 4, 8], `${args.join(" ")}: ${stdout}${stderr}`).toContain(exit);
        outputs.set(`${outputs.size} ${args.join(" ")}`, stdout + stderr);
        return stdout + stderr;
      };
      const inAll = async (...args: string[]) => {
        for (const form of ["text", "json", "markdown", "html"]) await run(...args, "-o", form);
      };
      await code(stage);
      await theirs(stage);

      await inAll("plan");
      await run("drift");
      await run("drift", "-o", "json");
      await run("apply");
      await run("review");
      await run("plan", "--adopt", "--out", "plan.json");
      await inAll("plan", "--adopt");
      expect(await run("apply", "--adopt", "--yes")).toMatch(/Applied: .* 4 changed/);
      await theirs(stage);
      await inAll("plan");
      await run("drift");
      await run("drift", "-o", "json");
      await run("apply", "-o", "json");
      await run("apply", "--overwrite-drift", "-o", "json");
      await theirs(stage);
      await run("rollback", "latest");
      await run("rollback", "latest", "--overwrite-drift", "-o", "json");
      await theirs(stage);
      await code(stage, false);
      await inAll("plan", "--prune");
      await run("apply", "--prune", "--yes", "--overwrite-drift");
      await run("rollback", "latest");
      await run("destroy", "--yes", "-o", "json");
      await run("rollback");

      const files = Object.entries(await filesIn(project.directory)).filter(([file]) => !file.includes("/before/"));
      for (const [file, text] of files) if (!file.startsWith("resources/")) outputs.set(file, text);
      const leaks = [...outputs].flatMap(([what, text]) =>
        credentials.filter((one) => text.includes(one)).map((one) => `${what}: ${contextOf(text, one)}`),
      );
      expect(leaks).toEqual([]);
      const whole = [...outputs.values()].join("\n");
      expect(whole).toContain("https://alerts.example.org/(secret)");
      expect(whole).toContain("http://(secret)@prometheus.example.org:9090");
      expect(credentials.length).toBeGreaterThan(40);
    }
  });

  test("and an error that quotes a request is masked", async () => {
    const stage = await scene(SEED);
    const { grafana, project, name, credential, credentials } = stage;
    await project.write({
      "resources/all.ts": `
        import { contactPoint, datasource } from "grafana-provision";
        export const hook = contactPoint({ name: "${name.hook}", integrations: [
          { type: "webhook", uid: "${name.hook}", settings: { url: "https://alerts.example.org/${credential()}" } }] });
        export const ds = datasource({ uid: "${name.ds}", name: "${name.ds}", type: "prometheus",
          url: "http://me:${credential()}@prometheus:9090", jsonData: { apiToken: "${credential()}" } });`,
    });
    const proxy = await faultyProxy(grafana.url, ({ method, path, body }) => {
      if (method !== "POST" || !(path.startsWith(POINTS) || path === "/api/datasources")) return "pass";
      const all = Object.values(JSON.parse(body) as object).flatMap((one) =>
        typeof one === "object" ? Object.values(one as object) : [one],
      );
      const quoted = all.flatMap((one) => [String(one), FORMS["as Go's %q"]?.(String(one)), JSON.stringify(one)]);
      return { status: 400, body: JSON.stringify({ message: `invalid: ${quoted.join(" and ")}` }) };
    });
    for (const options of [[], ["-o", "json"]]) {
      const {
        code: exit,
        stdout,
        stderr,
      } = await project.run(["apply", ...options], {
        ...grafana.variables,
        GRAFANA_URL: proxy.url,
      });
      expect(exit).toBe(1);
      const left = stdout + stderr + JSON.stringify(await filesIn(join(project.directory, ".grafana-provision")));
      expect(left).toContain("invalid: ");
      for (const one of credentials) expect(left).not.toContain(one);
    }
    await proxy.close();
  });
});

describe("a change of a value that is masked", () => {
  test("is shown as changed", async () => {
    const stage = await scene(SEED);
    const { grafana, project, name } = stage;
    await code(stage);
    await project.run(["apply"], grafana.variables);
    await theirPoint(grafana, name.hook, { url: "http://127.0.0.1:1/theirs" });
    expect((await points(grafana)).find(({ uid }) => uid === name.hook)?.settings["url"]).toContain("theirs");
    const plan = await project.run(["plan", "--overwrite-drift"], grafana.variables);
    expect(plan.stdout).toContain('url: "http://127.0.0.1:1/(secret)", value changed');
    expect(plan.stdout).not.toContain("theirs");
    const html = await project.run(["plan", "-o", "html"], grafana.variables);
    expect(html.stdout).toMatch(/http:\/\/127\.0\.0\.1:1\/\(secret\), value changed/);
  });
});

function contextOf(text: string, part: string): string {
  const at = text.indexOf(part);
  return text.slice(Math.max(0, at - 120), at + part.length + 20);
}
