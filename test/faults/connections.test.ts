import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { api } from "../cli/support.ts";
import { testProject } from "../helpers/cli.ts";
import { ReportSchema } from "../../src/report/json.ts";
import type { ErrorCode } from "../../src/util/error-codes.ts";

// What the user gets if Grafana can't be reached: exit code, error code, and the values in the message and the hint.

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const [CERTIFICATE, EXPIRED, OTHER_NAME, KEY] = ["cert", "expired", "other-name", "key"].map((name) =>
  fixture(`${name}.pem`),
) as [string, string, string, string];
const LOGIN = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
const PROJECT = { "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });') };

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function tls(options: ServerOptions): Promise<string> {
  const server = createTlsServer(options, (_request, response) => void response.end("{}"));
  return `https://127.0.0.1:${await listening(server)}`;
}

const own = (certificate: string): ServerOptions => ({ key: readFileSync(KEY), cert: readFileSync(certificate) });

/** A port on which nothing listens. */
async function closed(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  return port;
}

/** A proxy that sends this response to CONNECT. */
async function refusingProxy(answer: string): Promise<string> {
  const server = createServer();
  server.on("connect", (_request: IncomingMessage, socket) => void socket.end(answer));
  return `http://127.0.0.1:${await listening(server)}`;
}

interface Unreachable {
  readonly name: string;
  /** The URL in them is `URL` in `names`, and the proxy is `PROXY`. */
  readonly variables: () => Promise<Record<string, string>>;
  readonly error: ErrorCode;
  /** Texts in the message or the hint. */
  readonly names: readonly string[];
}

describe("no connection", () => {
  test.each<Unreachable>([
    {
      name: "the connection is refused",
      variables: async () => ({ GRAFANA_URL: `http://127.0.0.1:${await closed()}` }),
      error: "grafana-unreachable",
      names: ["connect to URL", "(ECONNREFUSED)", "GRAFANA_URL"],
    },
    {
      name: "the CA of the certificate is unknown",
      variables: async () => ({ GRAFANA_URL: await tls(own(CERTIFICATE)) }),
      error: "grafana-unreachable",
      names: ["connect to URL", "(DEPTH_ZERO_SELF_SIGNED_CERT)", "GRAFANA_CA_CERT", "GRAFANA_INSECURE_SKIP_VERIFY"],
    },
    {
      name: "the certificate has expired",
      variables: async () => ({ GRAFANA_URL: await tls(own(EXPIRED)), GRAFANA_CA_CERT: EXPIRED }),
      error: "grafana-unreachable",
      names: ["connect to URL", "(CERT_HAS_EXPIRED)", "GRAFANA_INSECURE_SKIP_VERIFY"],
    },
    {
      name: "the certificate is for another host name",
      variables: async () => ({ GRAFANA_URL: await tls(own(OTHER_NAME)), GRAFANA_CA_CERT: OTHER_NAME }),
      error: "grafana-unreachable",
      names: ["connect to URL", "(ERR_TLS_CERT_ALTNAME_INVALID)", "GRAFANA_INSECURE_SKIP_VERIFY"],
    },
    {
      name: "a client certificate is required",
      variables: async () => ({
        GRAFANA_URL: await tls({ ...own(CERTIFICATE), requestCert: true, ca: readFileSync(CERTIFICATE) }),
        GRAFANA_CA_CERT: CERTIFICATE,
      }),
      error: "grafana-unreachable",
      names: ["connect to URL", "(ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)", "GRAFANA_TLS_CERT", "GRAFANA_TLS_KEY"],
    },
    {
      name: "https for a server without TLS",
      variables: async () => ({ GRAFANA_URL: `https://127.0.0.1:${await listening(createServer())}` }),
      error: "grafana-unreachable",
      names: ["connect to URL", "(EPROTO)", "http://"],
    },
    {
      name: "the connection to the proxy is refused",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: `http://user:s3cret@127.0.0.1:${await closed()}`,
      }),
      error: "grafana-unreachable",
      names: ["the proxy PROXY", "(ECONNREFUSED)", "HTTPS_PROXY", "NO_PROXY"],
    },
    {
      name: "the proxy requires credentials",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: await refusingProxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
      }),
      error: "grafana-proxy-credentials-missing",
      names: ["GET /api/health returned 407", "HTTPS_PROXY"],
    },
    {
      name: "the proxy refuses the connection",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: await refusingProxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
      }),
      error: "grafana-proxy-refused",
      names: ["The proxy PROXY", "URL", "403", "HTTPS_PROXY", "NO_PROXY"],
    },
  ])("$name", async ({ variables, error, names }) => {
    const given: Record<string, string> = { ...LOGIN, ...(await variables()) };
    const { GRAFANA_URL: url = "", HTTPS_PROXY: proxy = "http://none" } = given;

    const shown = await failedPlan(given);

    const text = shown.text.replaceAll(url, "URL").replaceAll(new URL(proxy).origin, "PROXY");
    expect(names.filter((name) => text.includes(name))).toEqual(names);
    expect({ code: shown.code, exit: shown.exit }).toEqual({ code: error, exit: 1 });
    expect(text).not.toContain("s3cret");
  });

  test("the host name doesn't resolve", async () => {
    const { code, exit, text } = await failedPlan({ ...LOGIN, GRAFANA_URL: "https://grafana.invalid" });

    expect({ code, exit }).toEqual({ code: "grafana-unreachable", exit: 1 });
    expect(text).toMatch(/https:\/\/grafana\.invalid.*\((ENOTFOUND|EAI_AGAIN)\)\n.*GRAFANA_URL/);
  });

  test("http for a server with TLS", async () => {
    const url = (await tls(own(CERTIFICATE))).replace("https", "http");

    const { code, exit, text } = await failedPlan({ ...LOGIN, GRAFANA_URL: url });

    expect({ code, exit }).toEqual({ code: "grafana-unavailable", exit: 1 });
    expect(text).toContain(`${url} failed during GET /api/health`);
    expect(text).toMatch(/\(ECONNRESET\)\n.*https:\/\//);
  });
});

/** The error of a plan with these variables. `text`: the message and the hint. */
async function failedPlan(variables: Record<string, string>) {
  const project = await testProject(PROJECT);
  const { code: exit, stdout } = await project.run(["plan", "-o", "json"], variables);
  const { error } = ReportSchema.parse(JSON.parse(stdout));
  return { exit, code: error?.code, text: `${error?.message}\n${error?.hint}` };
}
