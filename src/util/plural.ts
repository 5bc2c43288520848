/** `2 notification-policies` */
export function countOf(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : pluralOf(noun)}`;
}

/** `notification policies`; `folder permissions` stays as it is. */
export function pluralOf(noun: string): string {
  if (/(?:permissions|preferences|dashboards|routes)$/.test(noun)) return noun;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

/** The name of a kind in sentences: `rule group` */
export function kindWords(kind: string): string {
  return kind.replaceAll("-", " ");
}

/** `a, b and c` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
