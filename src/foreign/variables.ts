import { meaningOf } from "../secrets/credential-forms.ts";
import { withTexts, type Json } from "../util/json.ts";

/** Replaces references to variables in the texts of a provisioning file, as Grafana does when it reads the file. */
export interface Variables {
  /** Replaces `$NAME`, `${NAME}` and `$__env{NAME}`. `$$` is a dollar sign. */
  interpolated(value: Json): Json;
  /** What could not be replaced since the last call: sentences. */
  takeProblems(): readonly string[];
}

/** The name in a text that is only a reference to a variable: `$NAME`, `${NAME}` or `$__env{NAME}`. */
export function variableIn(text: string): string | undefined {
  const [, plain, braces] = /^\$(?:([A-Za-z_]\w*)|(?:__env)?\{([A-Za-z_]\w*)\})$/.exec(text.trim()) ?? [];
  return plain ?? braces;
}

/** All names that a text could refer to. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$(?:__env)?\{?([A-Za-z_]\w*)/g)].map(([, name = ""]) => name);
}

/** Whether the value of a variable is a credential, by its name: `DB_PASSWORD`. */
function isCredential(name: string): boolean {
  return meaningOf(name) !== undefined;
}

/** Whether a value contains a reference to such a variable. */
export function namesCredential(value: Json): boolean {
  return JSON.stringify(value)
    .split("$$")
    .some((part) => variablesIn(part).some(isCredential));
}

// Go's os.Expand also replaces special names of a shell, such as $1.
const REFERENCE = /\$(?:(?:__(\w+))?\{([^{}]*)\}|([A-Za-z_]\w*|[*#@!?\-0-9]))/g;

export function variablesOf(environment: Readonly<Record<string, string | undefined>>): Variables {
  let problems = new Set<string>();
  const valueOf = (name: string): string => {
    if (isCredential(name)) {
      problems.add(
        `refers to the variable ${name}, whose name means a credential, in a place that becomes plain text in the code. Replace the reference with a value that is not a secret, and set the credential in the code after the import.`,
      );
      return "";
    }
    const value = environment[name];
    if (value === undefined) {
      const fix = `Set it to the value that Grafana has, or write $$ if the text should contain a dollar sign.`;
      problems.add(`refers to the variable ${name}, which is not set. ${fix}`);
    }
    return value ?? "";
  };
  const expanded = (text: string) =>
    text.replaceAll(REFERENCE, (_, provider: string | undefined, braces: string | undefined, plain = "") => {
      if (provider === undefined || provider === "env") return valueOf(braces ?? plain);
      problems.add(
        `takes a value from $__${provider}, which only Grafana's server can read. Replace it with the value.`,
      );
      return "";
    });
  return {
    interpolated: (value) => withTexts(value, (text) => text.split("$$").map(expanded).join("$")),
    takeProblems() {
      const found = [...problems];
      problems = new Set();
      return found;
    },
  };
}
