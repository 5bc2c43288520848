/** `registry.example.org:5000/prom/prometheus:v3.14.0@sha256:…` */
const REFERENCE =
  /^(?<repository>(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** Why an image reference is invalid; undefined if it is valid. It must pin a version. */
export function imageFault(image: string): string | undefined {
  const parts = REFERENCE.exec(image)?.groups;
  if (!parts) return "is not a valid image; use a form such as prom/prometheus:v3.14.0";
  if (parts["digest"] !== undefined) return undefined;
  if (parts["tag"] === undefined) return `has no tag; use ${image}:VERSION to pin a version`;
  return tagFault(parts["tag"]);
}

/** Why an image tag is invalid. */
export function tagFault(tag: string): string | undefined {
  if (!/^\w[\w.-]{0,127}$/.test(tag)) return "is not a valid image tag; use a form such as v3.14.0";
  if (tag === "latest") return "latest does not pin a version; use a form such as v3.14.0";
  return undefined;
}

/** Why a registry prefix is invalid. */
export function registryFault(registry: string): string | undefined {
  return /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(registry)
    ? undefined
    : "is not a valid registry; use a form such as registry.example.org:5000/mirror, without https://";
}
