import { UsageError } from "../util/errors.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The proxy that the variables name for a URL. */
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

/** `proxy.example.org:3128` is written without a scheme as often as with one. It may hold a password: it is not printed. */
function checkedProxy(text: string): string {
  const proxy = /^\w+:\/\//.test(text) ? text : `http://${text}`;
  if (URL.canParse(proxy) && /^https?:/.test(proxy)) return proxy;
  throw new UsageError("HTTPS_PROXY is no URL of a proxy", "It is written like http://proxy.example.org:3128.");
}
