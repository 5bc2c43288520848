import { UsageError } from "../util/errors.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL, from HTTPS_PROXY and NO_PROXY. */
export function proxyOf(url: string, variables: Variables): string | undefined {
  const { protocol, hostname } = new URL(url);
  const proxy = protocol === "https:" ? variables["HTTPS_PROXY"] || variables["https_proxy"] : undefined;
  if (!proxy) return undefined;
  const exceptions = (variables["NO_PROXY"] || variables["no_proxy"] || "")
    .split(",")
    .map((name) => name.trim().replace(/^\*?\./, ""));
  const excepted = exceptions.some(
    (name) => name === "*" || (name !== "" && (hostname === name || hostname.endsWith(`.${name}`))),
  );
  return excepted ? undefined : checkedProxy(proxy);
}

/** Adds a missing scheme. The value can contain a password, so errors do not contain it. */
function checkedProxy(text: string): string {
  const proxy = /^\w+:\/\//.test(text) ? text : `http://${text}`;
  if (URL.canParse(proxy) && /^https?:/.test(proxy)) return proxy;
  throw new UsageError(
    "HTTPS_PROXY is not a valid proxy URL",
    "Use a URL such as http://proxy.example.org:3128.",
    "proxy-invalid",
  );
}
