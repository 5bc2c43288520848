/** A command line of this tool that can be pasted into a shell: npx finds a local and a global installation. */
export function commandLine(...words: readonly string[]): string {
  return ["npx", "grafana-provision", ...words.map(shellQuoted)].join(" ");
}

export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
