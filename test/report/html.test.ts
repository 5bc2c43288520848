import { describe, expect, test } from "vitest";
import { largeReview } from "../../bench/review.ts";
import { kinds } from "../../src/kinds/index.ts";
import { reviewHtml } from "../../src/report/html.ts";
import { testProject } from "../helpers/cli.ts";

describe("a plan as HTML", () => {
  test("stays below 10 MB with 300 changed dashboards of 20 panels", async () => {
    const html = await reviewHtml(largeReview(300), kinds);
    expect(Buffer.byteLength(html)).toBeLessThan(10e6);
    expect(html.match(/<article /g)).toHaveLength(300);
    expect(html.match(/class="p changed/g)?.length, "both sides of every panel").toBe(300 * 20 * 2);
  });

  test("is the only output of plan -o html, without secrets", async () => {
    const SECRETS = {
      SLACK_URL: "https://hooks.example.org/s3cr3t-slack",
      HOOK_URL: "https://hooks.example.org/s3cr3t-hook",
    };
    const contactPoints = (recipient: string) => `import { contactPoint, env, secret } from "grafana-provision";
export const slack = contactPoint({ name: "slack", integrations: [{ uid: "slack-1", type: "slack", settings: { recipient: "${recipient}", url: secret(env("SLACK_URL")) } }] });
export const hook = contactPoint({ name: "hook", integrations: [{ uid: "hook-1", type: "webhook", settings: { url: secret(env("HOOK_URL")), httpMethod: "${recipient === "#a" ? "POST" : "PUT"}" } }] });
`;
    const project = await testProject({ "resources/contact-points.ts": contactPoints("#a") });
    const pages: string[] = [];
    const plan = async (...args: string[]) => {
      const { code, stdout, stderr } = await project.run(["plan", "-o", "html", ...args], SECRETS);
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/^<!doctype html>\n<html[\s\S]*<\/html>\n$/);
      pages.push(stdout);
    };

    await plan();
    const applied = await project.run(["apply"], SECRETS);
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    await project.write({ "resources/contact-points.ts": contactPoints("#b") });
    await plan();
    await project.write({ "resources/contact-points.ts": "export const nothing = [];\n" });
    await plan("--prune", "--allow-empty");

    for (const page of pages) expect(page).not.toMatch(/s3cr3t/);
    const [created, changed, deleted] = pages;
    expect(created).toContain("(secret)");
    expect(changed).toContain("#b");
    expect(deleted?.match(/is deleted: no more notifications are sent to it/g)).toHaveLength(2);
  });
});
