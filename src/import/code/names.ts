/** Words that can't name a constant, and globals that the code should not hide. */
const RESERVED = new Set(
  (
    "abstract any arguments as async await boolean break case catch class const constructor continue debugger declare default " +
    "delete do else enum eval export extends false finally for from function get if implements import in infer instanceof " +
    "interface is keyof let module namespace never new null number object of package private protected public readonly " +
    "require return satisfies set static string super switch symbol this throw true try type typeof undefined unique unknown " +
    "using var void while with yield Array Boolean Date Error Function Infinity JSON Map Math NaN Number Object Promise " +
    "Reflect RegExp Set String Symbol console global globalThis process"
  ).split(" "),
);

/** The longest name without the number that makes it unique. */
const LONGEST = 50;

/** A name in camel case: `errorRate5xx` for `Error rate (5xx)`. Letters of all scripts are kept. */
export function identifierFrom(text: string, fallback: string): string {
  const words = wordsOf(text);
  const [first = "", ...rest] = words;
  const name = shortened([lowerFirst(first), ...rest.map(upperFirst)], "");
  if (name === "") return identifierOr(fallback);
  if (!/^\p{ID_Start}/u.test(name)) return identifierOr(`${fallback}${upperFirst(name)}`);
  return identifierOr(name);
}

function identifierOr(name: string): string {
  const valid = /^\p{ID_Start}\p{ID_Continue}*$/u.test(name) ? name : "one";
  return RESERVED.has(valid) ? `${valid}1` : valid;
}

/** A file name without its extension: `error-rate-5xx`. Valid on every file system. */
export function fileNameFrom(text: string, fallback: string): string {
  const name = shortened(
    wordsOf(text).map((word) => word.toLowerCase()),
    "-",
  );
  const safe = name === "" ? wordsOf(fallback).join("-").toLowerCase() || "one" : name;
  // Names of devices on Windows, and directories that the tool does not search.
  return /^(con|prn|aux|nul|com\d|lpt\d|node_modules)$/.test(safe) ? `${safe}-1` : safe;
}

/** Letters, digits and marks of all scripts; `CPUUsage` is two words, and apostrophes are dropped. */
function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFC")
      .replaceAll(/(\p{L})['’](\p{L})/gu, "$1$2")
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  );
}

function shortened(words: readonly string[], separator: string): string {
  let name = "";
  for (const word of words) {
    const next = name === "" ? word : `${name}${separator}${word}`;
    if (next.length > LONGEST && name !== "") break;
    // Without half of a surrogate pair.
    name = next.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "");
  }
  return name;
}

function lowerFirst(word: string): string {
  // An abbreviation is written in lower case as a whole: `cpu`, not `cPU`.
  return word === word.toUpperCase() ? word.toLowerCase() : `${word.slice(0, 1).toLowerCase()}${word.slice(1)}`;
}

function upperFirst(word: string): string {
  const [first = "", ...rest] = word;
  const tail = rest.join("");
  const lower = word.length > 3 && word === word.toUpperCase() ? tail.toLowerCase() : tail;
  return `${first.toUpperCase()}${lower}`;
}

/** Gives each name once. Names that differ only in case count as equal, as on many file systems. */
export class UniqueNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set([...taken].map(folded));
  }

  has(name: string): boolean {
    return this.#taken.has(folded(name));
  }

  take(wanted: string, separator = ""): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? wanted : `${wanted}${separator}${number}`;
      if (this.#taken.has(folded(name))) continue;
      this.#taken.add(folded(name));
      return name;
    }
  }
}

function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
