import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { api } from "../cli/support.ts";
import { testProject } from "../helpers/cli.ts";

// What a person reads and gets where no Grafana is reached, fault by fault: each row is a line of the manual.

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const [CERTIFICATE, EXPIRED, OTHER_NAME, KEY] = ["cert", "expired", "other-name", "key"].map((name) =>
  fixture(`${name}.pem`),
) as [string, string, string, string];
const LOGIN = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
const PROJECT = { "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });') };

const CHECK_URL =
  "Check GRAFANA_URL, and that Grafana is running and can be reached from here (VPN, firewall, HTTPS_PROXY).";
const CHECK_PROXY = "Check HTTPS_PROXY; NO_PROXY names hosts that are reached without it.";
const INSECURE = "GRAFANA_INSECURE_SKIP_VERIFY=true turns the check off, for a test only.";

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

/** A proxy that answers CONNECT alone, and so. */
async function refusingProxy(answer: string): Promise<string> {
  const server = createServer();
  server.on("connect", (_request: IncomingMessage, socket) => void socket.end(answer));
  return `http://127.0.0.1:${await listening(server)}`;
}

interface Unreachable {
  readonly name: string;
  /** The variables, of which the URL is called `URL` below, and the proxy `PROXY`. */
  readonly variables: () => Promise<Record<string, string>>;
  readonly says: string;
  readonly hint: string;
}

describe("no connection: exit 1, and nothing on standard output", () => {
  test.each<Unreachable>([
    {
      name: "nothing listens there",
      variables: async () => ({ GRAFANA_URL: `http://127.0.0.1:${await closed()}` }),
      says: "Can't connect to URL: nothing listens there (ECONNREFUSED)",
      hint: CHECK_URL,
    },
    {
      name: "the certificate is of nobody who is known",
      variables: async () => ({ GRAFANA_URL: await tls(own(CERTIFICATE)) }),
      says: "Can't connect to URL: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)",
      hint: `Its certificate isn't trusted here: name your CA's file in GRAFANA_CA_CERT. ${INSECURE}`,
    },
    {
      name: "the certificate has expired",
      variables: async () => ({ GRAFANA_URL: await tls(own(EXPIRED)), GRAFANA_CA_CERT: EXPIRED }),
      says: "Can't connect to URL: its certificate has expired (CERT_HAS_EXPIRED)",
      hint: `Renew it there, or is the clock here wrong? ${INSECURE}`,
    },
    {
      name: "the certificate is of another name",
      variables: async () => ({ GRAFANA_URL: await tls(own(OTHER_NAME)), GRAFANA_CA_CERT: OTHER_NAME }),
      says: "Can't connect to URL: its certificate is of another name (ERR_TLS_CERT_ALTNAME_INVALID)",
      hint: `Use a name that its certificate has in the URL. ${INSECURE}`,
    },
    {
      name: "a certificate of the client is wanted",
      variables: async () => ({
        GRAFANA_URL: await tls({ ...own(CERTIFICATE), requestCert: true, ca: readFileSync(CERTIFICATE) }),
        GRAFANA_CA_CERT: CERTIFICATE,
      }),
      says: "Can't connect to URL: it wants a certificate of the client (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)",
      hint: "Name the files of your certificate and its key in GRAFANA_TLS_CERT and GRAFANA_TLS_KEY.",
    },
    {
      name: "https where http is spoken",
      variables: async () => ({ GRAFANA_URL: `https://127.0.0.1:${await listening(createServer())}` }),
      says: "Can't connect to URL: it doesn't speak TLS (EPROTO)",
      hint: "Does the URL begin with http:// rather than https://?",
    },
    {
      name: "nothing listens where the proxy should be",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: `http://user:s3cret@127.0.0.1:${await closed()}`,
      }),
      says: "Can't connect to the proxy PROXY: nothing listens there (ECONNREFUSED)",
      hint: CHECK_PROXY,
    },
    {
      name: "the proxy asks for credentials",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: await refusingProxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
      }),
      says: "The proxy asks for credentials: GET /api/health was answered 407 without a message",
      hint: "Put them into HTTPS_PROXY as http://user:password@host:port.",
    },
    {
      name: "the proxy may not connect there",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: await refusingProxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
      }),
      says: "The proxy PROXY makes no connection to URL: it answers 403",
      hint: CHECK_PROXY,
    },
  ])("$name", async ({ variables, says, hint }) => {
    const project = await testProject(PROJECT);
    const given = { ...LOGIN, ...(await variables()) };

    const result = await project.run(["plan"], given);

    const { GRAFANA_URL: url = "", HTTPS_PROXY: proxy = "http://none" } = given as Record<string, string>;
    const told = result.stderr.replaceAll(url, "URL").replaceAll(new URL(proxy).origin, "PROXY");
    expect(told).toBe(`Error: ${says}\n${hint}\n`);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("the name doesn't resolve", async () => {
    const project = await testProject(PROJECT);
    const { code, stderr } = await project.run(["plan"], { ...LOGIN, GRAFANA_URL: "https://grafana.invalid" });

    expect(stderr.replace("EAI_AGAIN", "ENOTFOUND")).toBe(
      `Error: Can't connect to https://grafana.invalid: the host name doesn't resolve (ENOTFOUND)\n${CHECK_URL}\n`,
    );
    expect(code).toBe(1);
  });

  test("http where https is spoken", async () => {
    const project = await testProject(PROJECT);
    const url = (await tls(own(CERTIFICATE))).replace("https", "http");
    const { code, stderr } = await project.run(["plan"], { ...LOGIN, GRAFANA_URL: url });

    expect(stderr).toBe(
      `Error: The connection to ${url} failed during GET /api/health: the connection was reset (ECONNRESET)\nShould the URL begin with https://? Otherwise run the command again.\n`,
    );
    expect(code).toBe(1);
  });
});
