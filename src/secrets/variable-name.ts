/** A name for an environment variable from words: `SLACK_ALERTS_URL` */
export function variableFrom(text: string): string {
  const name = text
    .normalize("NFKD")
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return /^[A-Z]/.test(name) ? name : `SECRET_${name}`.replace(/_$/, "");
}
