/** Whether Go parses the text as a URL, which it does of nearly everything. */
export function isGoUrl(url: string): boolean {
  if (/\p{Cc}/u.test(url) || /%(?![0-9a-fA-F]{2})/.test(url.split("?")[0] ?? "")) return false;
  if (url.startsWith(":")) return false;
  const [, authority = ""] = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#]*)/.exec(url) ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (/[\s<>"\\^`{|}]/.test(host)) return false;
  return /^(\[[^\]]*\]|[^:[\]]*)(:\d*)?$/.test(host);
}
