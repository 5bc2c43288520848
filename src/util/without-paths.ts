/** Replaces all of a URL after its host, which can be a secret, and credentials before it: `https://hooks.slack.com/…`. */
export function withoutPaths(text: string): string {
  return text.replaceAll(
    /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s"'<>/?#@]*@)?([^\s"'<>/?#]+)([^\s"'<>]*)/gi,
    (_, scheme: string, host: string, rest: string) => `${scheme}${host}${/[^/.:,;)]/.test(rest) ? "/…" : rest}`,
  );
}
