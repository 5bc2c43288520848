/** A block of an Alloy configuration: `loki.source.file "docker" { … }`. */
export interface AlloyBlock {
  readonly name: string;
  readonly label: string | undefined;
  /** JSON values and references. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly blocks: readonly AlloyBlock[];
}

/** An unquoted name: a component or one of its exports. */
export class Reference {
  readonly to: string;

  constructor(to: string) {
    this.to = to;
  }
}

const TOKEN = /\s*(?:\/\/[^\n]*\s*)*("(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w.]*|[{}[\]=,]|$)/y;

/**
 * Parses the subset of Alloy's configuration language that the stack uses: blocks and attributes with strings, lists,
 * objects and references. https://grafana.com/docs/alloy/latest/get-started/configuration-syntax/
 */
export function parseAlloy(text: string): AlloyBlock[] {
  let at = 0;
  const peek = (): string => {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new SyntaxError(`not Alloy: ${text.slice(at, at + 40)}`);
    return found[1] ?? "";
  };
  const take = (expected?: string): string => {
    const token = peek();
    if (expected !== undefined && token !== expected) throw new SyntaxError(`${expected} expected, not ${token}`);
    at = TOKEN.lastIndex;
    return token;
  };
  const isText = (token: string) => token.startsWith('"');

  function value(): unknown {
    const token = take();
    if (isText(token)) return JSON.parse(token);
    if (token === "[") return items("]", value);
    if (token === "{") {
      const entries = items("}", () => {
        const key = take();
        take("=");
        return [isText(key) ? (JSON.parse(key) as string) : key, value()] as const;
      });
      return Object.fromEntries(entries);
    }
    if (!/^[A-Za-z_]/.test(token)) throw new SyntaxError(`not a value: ${token}`);
    return new Reference(token);
  }

  function items<Item>(end: string, item: () => Item): Item[] {
    const found: Item[] = [];
    while (peek() !== end) {
      found.push(item());
      if (peek() !== end) take(",");
    }
    take(end);
    return found;
  }

  function block(name: string): AlloyBlock {
    const label = isText(peek()) ? (JSON.parse(take()) as string) : undefined;
    take("{");
    const attributes: Record<string, unknown> = {};
    const blocks: AlloyBlock[] = [];
    while (peek() !== "}") {
      const key = take();
      if (peek() === "=") {
        take("=");
        attributes[key] = value();
      } else blocks.push(block(key));
    }
    take("}");
    return { name, label, attributes, blocks };
  }

  const blocks: AlloyBlock[] = [];
  while (peek() !== "") blocks.push(block(take()));
  return blocks;
}
