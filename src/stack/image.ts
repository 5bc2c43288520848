/** An image's parts: `registry.example.org:5000/prom/prometheus:v3.14.0@sha256:…`. */
const REFERENCE =
  /^(?<repository>(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** What is wrong with an image, as a sentence; undefined where nothing is. It has to name one version and not whichever is newest. */
export function imageFault(image: string): string | undefined {
  const parts = REFERENCE.exec(image)?.groups;
  if (!parts) return "is no image: write it like prom/prometheus:v3.14.0";
  if (parts["digest"] !== undefined) return undefined;
  if (parts["tag"] === undefined) return `has no tag, and would be whichever version is newest: write ${image}:VERSION`;
  return tagFault(parts["tag"]);
}

/** The same for a tag alone. */
export function tagFault(tag: string): string | undefined {
  if (!/^\w[\w.-]{0,127}$/.test(tag)) return "is no tag of an image: write it like v3.14.0";
  if (tag === "latest") return "latest is another version tomorrow: name one";
  return undefined;
}

/** What is wrong with a registry that is put before the images of all services. */
export function registryFault(registry: string): string | undefined {
  return /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(registry)
    ? undefined
    : "is no registry: write it like registry.example.org or registry.example.org:5000/mirror, without https://";
}
