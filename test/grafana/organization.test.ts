import { describe, expect, test } from "vitest";
import { contactPoint } from "../../src/index.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { planFor } from "../helpers/converge.ts";

const MISSING = { exitCode: 64, code: "target-organization-missing" };

async function tokenOf(grafana: TestGrafana): Promise<string> {
  const name = grafana.name("sa");
  const send = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
  const { id } = (await send("/api/serviceaccounts", { name, role: "Admin" })) as { id: number };
  const { key } = (await send(`/api/serviceaccounts/${id}/tokens`, { name })) as { key: string };
  return key;
}

describe("an organization that does not exist: exit 64", () => {
  test("for a user", async () => {
    const grafana = await testGrafana();
    await expect(grafana.context("own", { orgId: 77_077 })).rejects.toMatchObject({
      ...MISSING,
      message: expect.stringContaining("77077") as string,
      hint: expect.stringContaining("member of: 1") as string,
    });
  });

  test("for a token", async () => {
    const grafana = await testGrafana();
    const token = await tokenOf(grafana);
    await expect(
      grafana.context("own", { orgId: 77_077, credentials: { type: "token", token } }),
    ).rejects.toMatchObject(MISSING);
  });
});

test("an organization of the user or the token is accepted", async () => {
  const grafana = await testGrafana();
  const token = await tokenOf(grafana);
  const integrations = [{ type: "email", settings: { addresses: "ops@example.com" } }];
  const point = contactPoint({ name: grafana.name("ops"), integrations });
  for (const credentials of [{}, { credentials: { type: "token", token } as const }]) {
    const context = await grafana.context(grafana.name("own"), { orgId: 1, ...credentials });
    expect((await planFor(context, [point])).plan.changes).toHaveLength(1);
  }
});
