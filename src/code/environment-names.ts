interface Labelled {
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** The environments that a name or a label selects: `staging`, `eu-*`, `region=eu`, `region=*`. In the order of the configuration. */
export function environmentsLike(pattern: string, environments: Readonly<Record<string, Labelled>>): string[] {
  const [label = "", value] = pattern.split("=", 2);
  return Object.entries(environments).flatMap(([name, { labels = {} }]) => {
    const found =
      value === undefined
        ? matches(pattern, name)
        : Object.hasOwn(labels, label) && matches(value, labels[label] ?? "");
    return found ? [name] : [];
  });
}

/** `*` stands for any text. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}
